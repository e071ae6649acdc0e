#!/usr/bin/env python3
"""Measures structural probes of every layer of SmolLM2 beside PyTorch, which trains them as Hewitt
and Manning's code does. States are those of the last token of the first words of a CoNLL-U file,
standardised; both sides start from the same matrices and take the sentences in the same order.
Prints a table and writes structural_probe.json.

    benchmarks/peers/structural_probe.py --ours WORKER --conllu FILE --out FOLDER
"""

import argparse
import json
import sys

import numpy as np

import smollm2_directory
import treebank_states
from compare import alternate, machine, one_gguf
from workers import HERE, Worker

TARGET = 10
VALIDATION_SHARE = 0.1


def prepare(options, folder):
    """The arguments of both sides, which begin with the same matrix and order."""
    random = np.random.default_rng(0)
    n_layers = len(treebank_states.layer_files(folder))
    n_columns = np.load(folder / "layer-00.npy", mmap_mode="r").shape[1]
    n_sentences = len(np.load(folder / "lengths.npy"))
    n_training = round((1 - VALIDATION_SHARE) * n_sentences)
    rank = options.rank or n_columns
    initial, order = f"initial-{rank}.npy", f"order-{options.epochs}.npy"
    np.save(folder / initial, random.uniform(-0.05, 0.05, (n_columns, rank)).astype(np.float32))
    np.save(folder / order, np.concatenate(
        [random.permutation(n_training) for _ in range(options.epochs)]).astype(np.int32))
    return {"folder": str(folder), "layers": n_layers, "training_sentences": n_training,
            "rank": rank, "epochs": options.epochs, "initial": initial, "order": order}


def measure(sides, arguments, target, options):
    request = {"case": "structural_probe", "args": arguments | {"target": target}}
    saved = {side: options.out / "arrays" / f"{target}-{arguments['rank']}-{side}" for side in sides}

    def runner(side):
        return lambda warm_up: sides[side].ask(request | (
            {"save": str(saved[side])} if warm_up else {}))

    row = {"target": target, "rank": arguments["rank"], "epochs": arguments["epochs"],
           "layers": arguments["layers"], "aim": TARGET}
    row |= alternate({side: runner(side) for side in sides}, options.runs)
    found = {side: {part: np.load(saved[side] / f"{part}.npy") for part in ("training", "validation")}
             for side in sides}
    for side in sides:
        row[side]["first_loss"] = float(found[side]["training"][:, 0].mean())
        row[side]["last_loss"] = float(found[side]["validation"][:, -1].mean())
    if len(sides) == 2:
        row["ratio"] = row["peer"]["median"] / row["ours"]["median"]
        row["first_epoch_difference"] = float(np.max(np.abs(
            found["ours"]["training"][:, 0] / found["peer"]["training"][:, 0] - 1)))
        row["largest_difference"] = float(max(np.max(np.abs(
            found["ours"][part] / found["peer"][part] - 1)) for part in ("training", "validation")))
    return row


def table(rows):
    lines = [f"{'target':9} {'rank':>4} {'side':5} {'min s':>8} {'median s':>8} {'first loss':>10} "
             f"{'last loss':>10} {'difference':>10} {'ratio':>6} {'aim':>4}"]
    for row in rows:
        for side in ("ours", "peer"):
            if side not in row:
                continue
            found = row[side]
            ratio = (f"{row['largest_difference']:10.1e} {row['ratio']:6.1f} {row['aim']:4}"
                     if side == "ours" and "ratio" in row else "")
            lines.append(f"{row['target']:9} {row['rank']:4} {side:5} {found['min']:8.3f} "
                         f"{found['median']:8.3f} {found['first_loss']:10.5f} "
                         f"{found['last_loss']:10.5f} {ratio}".rstrip())
    return "\n".join(lines)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    treebank_states.add_options(parser)
    parser.add_argument("--rank", type=int, default=64, help="0: full")
    parser.add_argument("--epochs", type=int, default=3, help="of every probe, on both sides")
    parser.add_argument("--targets", default="distance,depth")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def main():
    options = parse_arguments()
    gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(gguf, options.peer_model)
    folder = treebank_states.ensure_standardised(
        treebank_states.ensure_states(options, directory))
    arguments = prepare(options, folder)
    sides = {"ours": Worker([str(options.ours)], gguf, options.threads)} if options.ours else {}
    sides["peer"] = Worker([sys.executable, str(HERE / "pytorch_probe_worker.py")], directory,
                           options.threads)
    rows = [measure(sides, arguments, target, options) for target in options.targets.split(",")]
    for worker in sides.values():
        worker.close()
    print(table(rows))
    options.out.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(), "threads": options.threads, "runs": options.runs, "rows": rows}
    (options.out / "structural_probe.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
