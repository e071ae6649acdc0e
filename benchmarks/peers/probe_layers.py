#!/usr/bin/env python3
"""Measures logistic regression on every layer of SmolLM2: each layer at its optimum, raw and
standardised, and three folds of a task and its control. One layer's cross-validation is repeated
with scikit-learn, whose lbfgs reaches the optimum on standardised columns. Prints a table and writes
probe_layers.json.

    benchmarks/peers/probe_layers.py --ours WORKER --conllu FILE --out FOLDER
"""

import argparse
import json

import numpy as np

import smollm2_directory
import treebank_states
from compare import machine, one_gguf
from workers import Worker

FOLDS = 3


def control_labels(labels, types):
    """Each word type's own label, drawn from the task's distribution (Hewitt and Liang 2019)."""
    random = np.random.default_rng(0)
    return random.choice(labels, size=types.max() + 1)[types].astype(np.int32)


def prepare(options, directory):
    folder = treebank_states.ensure_states(options, directory)
    arrays = options.out / "arrays"
    arrays.mkdir(parents=True, exist_ok=True)
    labels = np.load(folder / "labels.npy")
    np.save(arrays / "task.npy", labels)
    np.save(arrays / "control.npy", control_labels(labels, np.load(folder / "types.npy")))
    return folder, arrays


def measure(worker, name, arguments, options):
    saved = options.out / "arrays" / name
    replies = [worker.ask({"case": "layer_probes", "args": arguments, "save": str(saved)})
               for _ in range(options.runs)]
    seconds = [reply["seconds"] for reply in replies]
    row = {"name": name, "min": min(seconds), "median": float(np.median(seconds)),
           "peak_rss_bytes": max(reply["peak_rss_bytes"] for reply in replies)}
    row |= replies[-1]["result"]
    show(row)
    return row


def scikit_learn_scores(folder, labels, layer):
    """cross_val_score of the standardised layer, by fold."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(),
                          LogisticRegression(C=1.0, tol=1e-7, max_iter=5000))
    states = np.load(folder / f"layer-{layer:02}.npy").astype(np.float64)
    return cross_val_score(model, states, labels, cv=FOLDS)


def cross_validation_parity(options, folder, arrays):
    """Of some layers, printed as they come: scikit-learn takes minutes for each."""
    ours = np.load(options.out / "arrays" / "folds" / "accuracies.npy")[:, :FOLDS]
    labels = np.load(arrays / "task.npy")
    found = []
    for layer in map(int, options.parity_layers.split(",")):
        peer = scikit_learn_scores(folder, labels, layer)
        row = {"layer": layer, "ours": float(ours[layer].mean()), "peer": float(peer.mean()),
               "largest_fold_difference": float(np.abs(ours[layer] - peer).max())}
        print(f"layer {layer:2}: mean of {FOLDS} folds {row['ours']:.4f}, scikit-learn "
              f"{row['peer']:.4f}, folds differ by {row['largest_fold_difference']:.4f} at most",
              flush=True)
        found.append(row)
    return found


def show(row):
    print(f"{row['name']:14} {row['min']:8.2f} {row['median']:8.2f} {row['fits']:5} "
          f"{row['iterations']:10} {str(row['converged']):>9} {row['most_remaining']:8.1e}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    treebank_states.add_options(parser)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--parity-layers", default="0,15,30")
    return parser.parse_args()


def main():
    options = parse_arguments()
    gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(gguf, options.peer_model)
    folder, arrays = prepare(options, directory)
    task, control = str(arrays / "task.npy"), str(arrays / "control.npy")
    every = {"folder": str(folder), "layers": len(treebank_states.layer_files(folder)),
             "fit_tolerance": "1e-7"}
    worker = Worker([str(options.ours)], gguf, options.threads)
    print(f"{'every layer':14} {'min s':>8} {'median s':>8} {'fits':>5} {'iterations':>10} "
          f"{'converged':>9} {'left':>8}")
    rows = [measure(worker, name, every | arguments, options) for name, arguments in (
        ("raw", {"labels": [task]}),
        ("standardised", {"labels": [task], "standardize": 1}),
        ("folds", {"labels": [task, control], "standardize": 1, "folds": FOLDS}))]
    worker.close()
    parity = cross_validation_parity(options, folder, arrays)
    report = {"machine": machine(), "threads": options.threads, "runs": options.runs, "rows": rows,
              "parity": parity}
    (options.out / "probe_layers.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
