#!/usr/bin/env python3
"""Measures logistic regression beside scikit-learn on hidden states of SmolLM2: the last token of
each of the first words of a CoNLL-U file, labelled with its part of speech. Prints a table and
writes probe_regression.json.

    benchmarks/peers/probe_regression.py --ours WORKER --conllu FILE --out FOLDER

Both sides get the same float32 states in memory, take turns, and have the same threads. The losses
are recomputed from each side's weights in float64, so that a ratio is of equal answers.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import smollm2_directory
from compare import CACHE, alternate, machine, one_gguf
from workers import HERE, Worker

TARGETS = {"raw": 40, "standardised": 8}
BATCH = 16  # sentences


def read_sentences(path):
    """[[(word, part of speech)]]; words that stand for several, or for none, are left out."""
    sentences, words = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if not line and words:
            sentences.append(words)
            words = []
        elif fields[0].isdigit():
            words.append((fields[1], fields[3]))
    return sentences + ([words] if words else [])


def word_ends(tokenizer, words):
    """Token ids of a sentence, and where each word's last token is."""
    ids, ends = [], []
    for i, (word, _) in enumerate(words):
        ids += tokenizer((" " if i else "") + word)["input_ids"]
        ends.append(len(ids) - 1)
    return ids, ends


def harvest(directory, sentences, layer, n_words):
    """States of each word's last token: sentences of like length together, padded on the right,
    which a causal model does not see; blocks after the layer are not run."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval().model
    model.layers = model.layers[:layer + 1]
    labels, tokens = [], []
    for words in sentences:
        if len(labels) < n_words:
            tokens.append(word_ends(tokenizer, words))
            labels += [label for _, label in words]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i][0]))
    states = [None] * len(tokens)
    with torch.inference_mode():
        for first in range(0, len(order), BATCH):
            batch = order[first:first + BATCH]
            longest = max(len(tokens[i][0]) for i in batch)
            ids = torch.zeros((len(batch), longest), dtype=torch.long)
            for row, i in enumerate(batch):
                ids[row, :len(tokens[i][0])] = torch.tensor(tokens[i][0])
            hidden = model(ids, output_hidden_states=True, use_cache=False).hidden_states[layer]
            for row, i in enumerate(batch):
                states[i] = hidden[row, tokens[i][1]].numpy()
    return np.concatenate(states)[:n_words].astype(np.float32), labels[:n_words]


def make_arrays(options, directory):
    """Folder with raw.npy, standardised.npy and labels.npy; made once for the same question."""
    text = options.conllu.read_bytes()
    key = hashlib.sha256(text + f"{options.layer} {options.words}".encode()).hexdigest()[:16]
    folder = CACHE / "peers-states" / key
    if not (folder / "labels.npy").exists():
        from sklearn.preprocessing import StandardScaler

        print("harvesting hidden states with Transformers", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        states, labels = harvest(directory, read_sentences(options.conllu), options.layer,
                                 options.words)
        np.save(folder / "raw.npy", states)
        np.save(folder / "standardised.npy", StandardScaler().fit_transform(states))
        np.save(folder / "labels.npy", np.unique(labels, return_inverse=True)[1].astype(np.int32))
    return folder


def exact_loss(states, labels, weights, intercepts):
    logits = states.astype(np.float64) @ weights.astype(np.float64).T + intercepts
    peaks = logits.max(axis=1)
    sums = np.log(np.exp(logits - peaks[:, None]).sum(axis=1)) + peaks
    own = logits[np.arange(len(labels)), labels]
    return float((sums - own).sum() + 0.5 * (weights.astype(np.float64) ** 2).sum())


def measure(sides, folder, name, options):
    request = {"case": "logistic_regression",
               "args": {"states": str(folder / f"{name}.npy"), "labels": str(folder / "labels.npy"),
                        "tolerance": options.tolerance, "max_iterations": options.max_iterations,
                        "fit_tolerance": options.fit_tolerance}}
    states, labels = np.load(folder / f"{name}.npy"), np.load(folder / "labels.npy")
    saved = {side: options.out / "arrays" / f"{name}-{side}" for side in sides}

    def runner(side):
        def run(warm_up):
            save = {"save": str(saved[side])} if warm_up else {}
            return sides[side].ask(request | save)

        return run

    row = {"name": name, "shape": list(states.shape), "classes": int(labels.max()) + 1,
           "target": TARGETS[name]}
    row |= alternate({side: runner(side) for side in sides}, options.runs)
    for side in sides:
        arrays = [np.load(saved[side] / f"{part}.npy") for part in ("weights", "intercepts")]
        row[side]["loss"] = exact_loss(states, labels, *arrays)
    if "ours" in sides:
        row["ratio"] = row["peer"]["median"] / row["ours"]["median"]
    return row


def table(rows):
    lines = [f"{'states':14} {'side':6} {'min s':>9} {'median s':>9} {'iterations':>10} "
             f"{'loss, float64':>14} {'ratio':>7} {'aim':>5}"]
    for row in rows:
        for side in ("ours", "peer"):
            if side not in row:
                continue
            found = row[side]
            ratio = (f"{row['ratio']:7.1f} {row['target']:5.0f}"
                     if side == "ours" and "ratio" in row else "")
            lines.append(f"{row['name']:14} {side:6} {found['min']:9.3f} {found['median']:9.3f} "
                         f"{found['result']['iterations']:10} {found['loss']:14.6f} {ratio}".rstrip())
    return "\n".join(lines)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, help="headlens-learn-worker; without it the peer is "
                        "measured alone")
    parser.add_argument("--conllu", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m")
    parser.add_argument("--layer", type=int, default=15)
    parser.add_argument("--words", type=int, default=8000)
    parser.add_argument("--tolerance", type=float, default=1e-8, help="of scikit-learn")
    parser.add_argument("--max-iterations", type=int, default=10000, help="of scikit-learn, whose "
                        "60th on raw states comes after half a minute, still above the optimum")
    parser.add_argument("--fit-tolerance", default="1e-6", help="of headlens: what an iteration may "
                        "leave, as a share of the loss (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=list(TARGETS), help="one of the two")
    return parser.parse_args()


def main():
    options = parse_arguments()
    gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(gguf, options.peer_model)
    folder = make_arrays(options, directory)
    sides = {"ours": Worker([str(options.ours)], gguf, options.threads)} if options.ours else {}
    sides["peer"] = Worker([sys.executable, str(HERE / "scikit_learn_worker.py")], directory,
                           options.threads)
    rows = [measure(sides, folder, name, options)
            for name in TARGETS if options.only in (None, name)]
    for worker in sides.values():
        worker.close()
    print(table(rows))
    options.out.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(), "threads": options.threads, "runs": options.runs, "rows": rows}
    (options.out / "probe_regression.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
