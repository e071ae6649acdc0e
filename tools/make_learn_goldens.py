#!/usr/bin/env python3
"""Writes tests/goldens/learn from scikit-learn and PyTorch: optima of logistic and ridge
regression, folds, cross-validated accuracies, metrics, and losses of probes trained by Adam.

    tools/make_learn_goldens.py [OUT]

States are float32; scikit-learn is given them as float64, so that its optima have all their digits.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (accuracy_score, confusion_matrix, f1_score,
                             precision_recall_fscore_support)
from sklearn.model_selection import (GridSearchCV, GroupKFold, KFold, StratifiedKFold,
                                     cross_val_score)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[1]
warnings.filterwarnings("ignore")


def solver(c=1.0, class_weight=None):
    """newton-cholesky gets to the last digits also of hostile states, where newton-cg needs thousands
    of iterations; the optimum is the same."""
    return LogisticRegression(C=c, class_weight=class_weight, solver="newton-cholesky", tol=1e-10,
                              max_iter=200)


def make_states(random, n, d, n_classes, hostile=False):
    """Overlapping classes of unequal size. Hostile states have a column as the massive activations
    of real models: ten thousands in a few rows, tenths elsewhere."""
    sizes = 1 / np.arange(1, n_classes + 1)
    labels = random.choice(n_classes, size=n, p=sizes / sizes.sum())
    centres = random.normal(0, 0.7, (n_classes, d))
    states = centres[labels] + random.normal(0, 1, (n, d))
    if hostile:
        states *= np.geomspace(0.05, 30, d)
        massive = random.random(n) < 0.05
        states[:, 3] = np.where(massive, 27000 + 200 * random.normal(size=n), 0.1 * states[:, 3])
        states[:, 7] = 500 + 0.01 * states[:, 7]
    return states.astype(np.float32), labels.astype(np.int32)


def loss_of(states, labels, weights, model, c):
    logits = model.decision_function(states)
    if logits.ndim == 1:
        logits = np.stack([np.zeros_like(logits), logits], axis=1)
    index = np.searchsorted(model.classes_, labels)
    losses = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(index)), index]
    return float(c * (weights * losses).sum() + 0.5 * (model.coef_ ** 2).sum())


def fit(states, labels, c=1.0, class_weight=None, weights=None):
    wide = states.astype(np.float64)
    sample_weight = np.ones(len(labels)) if weights is None else weights
    model = solver(c, class_weight).fit(wide, labels, sample_weight=sample_weight)
    used = sample_weight.copy()
    if class_weight == "balanced":
        counts = {k: sample_weight[labels == k].sum() for k in model.classes_}
        used *= [sample_weight.sum() / (len(counts) * counts[k]) for k in labels]
    elif class_weight:
        used *= [class_weight.get(int(k), 1.0) for k in labels]
    return {"c": c, "classes": model.classes_.tolist(), "coef": model.coef_.ravel().tolist(),
            "intercept": model.intercept_.tolist(),
            "loss": loss_of(wide, labels, used, model, c),
            "predicted": model.predict(wide).tolist()}


def logistic(states, out):
    random = np.random.default_rng(3)
    golden = {}
    for name, (x, y) in states.items():
        np.save(out / f"{name}.npy", x)
        golden[name] = {"labels": y.tolist(), "plain": fit(x, y)}
    x, y = states["overlapping"]
    weights = random.integers(0, 4, len(y)) / 2
    named = {0: 0.5, 2: 3.0}
    golden["overlapping"] |= {
        "strong": fit(x, y, c=0.01), "balanced": fit(x, y, class_weight="balanced"),
        "named": fit(x, y, class_weight=named, c=2.0), "row_weights": weights.tolist(),
        "weighted": fit(x, y, weights=weights, class_weight="balanced")}
    for name in ("overlapping", "hostile"):
        x, y = states[name]
        wide = x.astype(np.float64)
        scaler = StandardScaler().fit(wide)
        golden[name]["standardized"] = fit(scaler.transform(wide), y)
        pipeline = make_pipeline(StandardScaler(), solver())
        golden[name]["cross_validation"] = cross_val_score(solver(), wide, y, cv=3).tolist()
        golden[name]["standardized_cross_validation"] = cross_val_score(
            pipeline, wide, y, cv=3).tolist()
    return golden


def c_grid(states):
    x, y = states["overlapping"]
    grid = [0.001, 0.01, 0.1, 1.0, 10.0]
    search = GridSearchCV(solver(), {"C": grid}, cv=StratifiedKFold(3)).fit(
        x.astype(np.float64), y)
    return {"c": grid, "means": search.cv_results_["mean_test_score"].tolist(),
            "best": float(search.best_params_["C"])}


def test_folds(splits, n):
    folds = np.zeros(n, dtype=int)
    for fold, (_, test) in enumerate(splits):
        folds[test] = fold
    return folds.tolist()


def folds():
    random = np.random.default_rng(8)
    labels = random.choice([5, -2, 9, 30], size=97, p=[0.5, 0.3, 0.15, 0.05])
    groups = random.integers(0, 17, 97)
    n = len(labels)
    x = np.zeros((n, 1))
    cases = []
    for k in (2, 3, 5, 10):
        cases.append({"n_folds": k, "stratified": test_folds(StratifiedKFold(k).split(x, labels), n),
                      "group": test_folds(GroupKFold(k).split(x, labels, groups), n),
                      "consecutive": test_folds(KFold(k).split(x), n)})
    return {"labels": labels.tolist(), "groups": groups.tolist(), "cases": cases}


def metrics():
    random = np.random.default_rng(4)
    truth = random.choice([1, 2, 4, 8], size=200, p=[0.6, 0.25, 0.1, 0.05])
    predicted = np.where(random.random(200) < 0.7, truth, random.choice([1, 2, 4, 16], size=200))
    labels = np.unique(np.concatenate([truth, predicted]))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted,
                                                                     labels=labels, zero_division=0)
    return {"truth": truth.tolist(), "predicted": predicted.tolist(), "labels": labels.tolist(),
            "accuracy": accuracy_score(truth, predicted),
            "macro_f1": f1_score(truth, predicted, average="macro", zero_division=0),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
            "support": support.tolist(),
            "confusion": confusion_matrix(truth, predicted, labels=labels).ravel().tolist()}


def ridge(states, out):
    random = np.random.default_rng(6)
    x = states["hostile"][0]
    targets = (x[:, [0, 1]] * [20.0, -3.0] + random.normal(0, 1, (len(x), 2)) + [100, 0])
    targets = targets.astype(np.float32)
    weights = random.integers(0, 3, len(x)).astype(np.float64)
    np.save(out / "ridge_targets.npy", targets)
    cases = []
    for alpha, sample_weight in ((1.0, None), (50.0, None), (2.0, weights)):
        model = Ridge(alpha=alpha, solver="cholesky").fit(
            x.astype(np.float64), targets.astype(np.float64), sample_weight=sample_weight)
        cases.append({"alpha": alpha, "weighted": sample_weight is not None,
                      "coef": model.coef_.ravel().tolist(),
                      "intercept": model.intercept_.tolist()})
    return {"row_weights": weights.tolist(), "cases": cases}


def standardizer(states):
    x = states["hostile"][0][:40].copy()
    x[:, 1], x[:, 2] = 0.1, 1e8
    scaler = StandardScaler().fit(x)
    return {"rows": 40, "constant": {"1": 0.1, "2": 1e8}, "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(), "first_row": scaler.transform(x.astype(np.float64))[0].tolist()}


def adam(states, out):
    """The book's training loop, dropout 0, on given weights in a given order."""
    torch.manual_seed(11)
    torch.set_num_threads(1)
    x, y = (torch.tensor(a) for a in states["overlapping"])
    n_classes = int(y.max()) + 1
    golden = {"n_classes": n_classes, "batch": 64, "epochs": 10}
    epochs = [torch.randperm(len(x)) for _ in range(golden["epochs"])]
    np.save(out / "adam_order.npy", torch.stack(epochs).numpy().astype(np.int32))
    models = {"linear": torch.nn.Sequential(torch.nn.Linear(x.shape[1], n_classes)),
              "mlp": torch.nn.Sequential(torch.nn.Linear(x.shape[1], 24), torch.nn.ReLU(),
                                         torch.nn.Linear(24, n_classes))}
    for name, model in models.items():
        flat = torch.cat([p.detach().flatten() for p in model.parameters()])
        np.save(out / f"adam_{name}.npy", flat.numpy())
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        losses = []
        for order in epochs:
            total = 0.0
            for batch in order.split(golden["batch"]):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch].long())
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            losses.append(total / len(x))
        golden[name] = {"losses": losses,
                        "final": torch.cat([p.detach().flatten() for p in model.parameters()])
                        .tolist()}
    return golden


def rounded(value):
    """Ten digits are more than any test asks for, and stay the same where a sum's order does not."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/goldens/learn"
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(2)
    states = {"overlapping": make_states(random, 230, 10, 4),
              "binary": make_states(random, 120, 6, 2),
              "hostile": make_states(random, 300, 24, 5, hostile=True)}
    golden = {"logistic": logistic(states, out), "c_grid": c_grid(states), "folds": folds(),
              "metrics": metrics(), "ridge": ridge(states, out),
              "standardizer": standardizer(states), "adam": adam(states, out)}
    text = json.dumps(rounded(golden))
    (out / "learn.json").write_text(text.replace('], "', '],\n "') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
