#!/usr/bin/env python3
"""Writes tests/goldens/probing from scikit-learn and scipy: scores of probes on a small planted set
in stratified and grouped folds and on a test part, the same of its control task, a grid over C, real
values, baselines and sign-flip tests; and scikit-learn's cross_val_score on the lab's eight sentences.

    headlens harvest --task lab-pos --model smollm2-135m --out LAB
    tools/make_probe_goldens.py --lab LAB [OUT]
"""

import argparse
import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.stats import pearsonr, permutation_test, spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import confusion_matrix, f1_score, r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[1]
LAB_LAYERS = [0, 3, 6, 9, 11]
warnings.filterwarnings("ignore")


class Mersenne64:
    """std::mt19937_64, which the C++ standard defines."""

    def __init__(self, seed):
        self.state = [seed & (2**64 - 1)]
        for i in range(1, 312):
            before = self.state[-1]
            self.state.append((6364136223846793005 * (before ^ (before >> 62)) + i) & (2**64 - 1))
        self.at = 312

    def __call__(self):
        if self.at == 312:
            self.twist()
        x = self.state[self.at]
        self.at += 1
        x ^= (x >> 29) & 0x5555555555555555
        x ^= (x << 17) & 0x71D67FFFEDA60000
        x ^= (x << 37) & 0xFFF7EEE000000000
        return x ^ (x >> 43)

    def twist(self):
        for i in range(312):
            x = (self.state[i] & 0xFFFFFFFF80000000) | (self.state[(i + 1) % 312] & 0x7FFFFFFF)
            odd = 0xB5026F5AA96619E9 if x & 1 else 0
            self.state[i] = self.state[(i + 156) % 312] ^ (x >> 1) ^ odd
        self.at = 0


def control_of(labels, types, rows, seed):
    """Every type draws the label of one of the rows (Hewitt and Liang 2019)."""
    draw = Mersenne64(seed)
    drawn = [labels[rows[draw() % len(rows)]] for _ in range(max(types) + 1)]
    return np.array([drawn[t] for t in types])


def planted(n=240, d=12):
    """Classes along two dimensions, and a real value along a third; types repeat, and a type's
    states lie together so that a control task can partly be learnt by heart."""
    random = np.random.default_rng(42)
    types = random.integers(0, 40, n)
    types = np.unique(types, return_inverse=True)[1]
    own = random.normal(0, 1.2, (types.max() + 1, d))
    states = own[types] + random.normal(0, 0.8, (n, d))
    labels = (states[:, 0] + 0.5 * random.normal(size=n) > 0) * 2 + (states[:, 1] > 0.4)
    values = 3 * states[:, 2] - states[:, 5] + random.normal(0, 1, n) + 7
    return {"states": states.astype(np.float32), "labels": labels.astype(int),
            "values": values.astype(np.float32).astype(float), "types": types,
            "sentences": np.arange(n) // 5, "documents": np.arange(n) // 24}


def model(standardize=False, c=1.0):
    own = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10, max_iter=200)
    return make_pipeline(StandardScaler(), own) if standardize else own


def scores(make, x, y, splits):
    """Score of each fold, and every example's prediction by the model that has not seen it."""
    found, predicted = [], np.zeros(len(y), dtype=y.dtype)
    for train, test in splits:
        fitted = make().fit(x[train], y[train])
        predicted[test] = fitted.predict(x[test])
        found.append(float((predicted[test] == y[test]).mean()))
    return found, predicted


def word_type_baseline(labels, types, splits):
    found = []
    for train, test in splits:
        majority = Counter(labels[train].tolist()).most_common()
        best = min(k for k, n in majority if n == majority[0][1])
        known = {}
        for t in set(types[train].tolist()):
            counts = Counter(labels[train][types[train] == t].tolist())
            known[t] = min(k for k, n in counts.items() if n == max(counts.values()))
        right = [known.get(int(types[i]), best) == labels[i] for i in test]
        found.append(float(np.mean(right)))
    return found


def sign_flips(reference, other, groups):
    """p of the difference in errors, summed by group, over all signs."""
    sums = np.array([(other[groups == g].sum() - reference[groups == g].sum())
                     for g in np.unique(groups)], dtype=float)
    test = permutation_test((sums,), lambda x, axis: x.mean(axis=axis), permutation_type="samples",
                            n_resamples=np.inf, alternative="two-sided", vectorized=True)
    return float(test.pvalue)


def classification(data):
    x, y, types = data["states"].astype(float), data["labels"], data["types"]
    everything = np.arange(len(y))
    control = control_of(y, types, everything, 5)
    golden = {"control_labels": control.tolist()}
    grouped = {"row": list(StratifiedKFold(3).split(x, y)),
               "sentence": list(GroupKFold(3).split(x, y, data["sentences"])),
               "word-type": list(GroupKFold(3).split(x, y, types))}
    for name, splits in grouped.items():
        task, predicted = scores(model, x, y, splits)
        golden[name] = {
            "task": task, "control": scores(model, x, control, splits)[0],
            "standardized": scores(lambda: model(True), x, y, splits)[0],
            "macro_f1": float(f1_score(y, predicted, average="macro")),
            "confusion": confusion_matrix(y, predicted).ravel().tolist(),
            "word_type": word_type_baseline(y, types, splits)}
    half, predicted = scores(model, x[:, 1:7], y, grouped["row"])
    _, whole = scores(model, x, y, grouped["row"])
    golden["six_columns"] = {
        "task": half, "p_document": sign_flips(whole != y, predicted != y, data["documents"])}
    grid = [0.01, 0.03, 0.1, 0.3, 1.0, 10.0]
    accuracies, chosen = [], []
    for train, test in grouped["row"]:
        search = GridSearchCV(model(), {"C": grid}, cv=StratifiedKFold(3)).fit(x[train], y[train])
        accuracies.append(float((search.predict(x[test]) == y[test]).mean()))
        chosen.append(float(search.best_params_["C"]))
    golden["grid"] = {"c": grid, "chosen": chosen, "task": accuracies}
    train, test = everything[:160], everything[160:]
    fitted = model().fit(x[train], y[train])
    held_out = control_of(y, types, train, 5)
    golden["test_part"] = {
        "train_rows": 160, "task": float((fitted.predict(x[test]) == y[test]).mean()),
        "control": float((model().fit(x[train], held_out[train]).predict(x[test])
                          == held_out[test]).mean())}
    return golden


def regression(data):
    x, y = data["states"].astype(float), data["values"]
    found, predicted = [], np.zeros(len(y))
    for train, test in KFold(3).split(x):
        fitted = Ridge(alpha=2.0, solver="cholesky").fit(x[train], y[train])
        predicted[test] = fitted.predict(x[test])
        found.append(float(r2_score(y[test], predicted[test])))
    return {"alpha": 2.0, "r2": found, "pearson": float(pearsonr(y, predicted).statistic),
            "spearman": float(spearmanr(y, predicted).statistic)}


def lab(folder):
    """scikit-learn on the states of the lab's words, at its own default solver and at the optimum."""
    labels, states = [], {}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for shard in manifest["shards"]:
        with (folder / shard["rows"]["name"]).open(encoding="utf-8") as lines:
            labels += [row["labels"][0] for line in lines for row in json.loads(line)["rows"]]
        tensors = load_file(folder / shard["states"]["name"])
        for site in manifest["sites"]:
            states.setdefault(site["hidden_state"], []).append(tensors[site["name"]])
    golden = {}
    for layer in LAB_LAYERS:
        x = np.concatenate(states[layer])
        golden[str(layer)] = {
            "lbfgs": cross_val_score(LogisticRegression(max_iter=1000), x, labels, cv=3).tolist(),
            "optimum": cross_val_score(model(), x.astype(float), labels, cv=3).tolist()}
    return golden


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "tests" / "goldens" / "probing")
    parser.add_argument("--lab", type=Path, help="a harvest of --task lab-pos by SmolLM2-135M")
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    data = planted()
    np.save(out / "planted.npy", data["states"])
    golden = {name: data[name].tolist() for name in data if name != "states"}
    golden |= {"classification": classification(data), "regression": regression(data)}
    (out / "probing.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")
    if arguments.lab:
        (out / "lab_pos.json").write_text(json.dumps(lab(arguments.lab)) + "\n",
                                          encoding="utf-8")


if __name__ == "__main__":
    main()
