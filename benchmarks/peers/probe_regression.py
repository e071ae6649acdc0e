#!/usr/bin/env python3
"""Measures logistic regression beside scikit-learn on hidden states of SmolLM2: the last token of
each of the first words of a CoNLL-U file, labelled with its part of speech. Prints a table and
writes probe_regression.json.

    benchmarks/peers/probe_regression.py --ours WORKER --conllu FILE --out FOLDER

Both sides get the same float32 states in memory, take turns, and have the same threads. The losses
are recomputed from each side's weights in float64, so that a ratio is of equal answers.
"""

import argparse
import json
import sys

import numpy as np

import smollm2_directory
import treebank_states
from compare import alternate, machine, one_gguf
from workers import HERE, Worker

TARGETS = {"raw": 40, "standardised": 8}
# What an iteration of ours may leave, as a share of the loss: enough to end below the peer.
FIT_TOLERANCES = {"raw": "1e-4", "standardised": "1e-8"}


def make_arrays(options, directory):
    """Folder with raw.npy, standardised.npy and labels.npy of the layer's first words."""
    states = treebank_states.ensure_states(options, directory)
    folder = options.out / "arrays" / f"layer-{options.layer:02}"
    folder.mkdir(parents=True, exist_ok=True)
    raw = np.load(states / f"layer-{options.layer:02}.npy")[:options.words]
    np.save(folder / "raw.npy", raw)
    np.save(folder / "standardised.npy", treebank_states.standardised(raw))
    np.save(folder / "labels.npy", np.load(states / "labels.npy")[:options.words])
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
                        "fit_tolerance": options.fit_tolerance or FIT_TOLERANCES[name]}}
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
    treebank_states.add_options(parser)
    parser.add_argument("--layer", type=int, default=15)
    parser.add_argument("--tolerance", type=float, default=1e-8, help="of scikit-learn")
    parser.add_argument("--max-iterations", type=int, default=60, help="of scikit-learn; its 60th "
                        "on raw states comes after half a minute, still above the optimum")
    parser.add_argument("--fit-tolerance", help="of headlens: what an iteration may leave, as a share "
                        f"of the loss (default: {FIT_TOLERANCES})")
    parser.add_argument("--runs", type=int, default=5)
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
