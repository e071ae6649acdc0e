#!/usr/bin/env python3
"""Measures structural probes of every layer of SmolLM2 beside PyTorch, which trains them as Hewitt
and Manning's code does. States are those of the last token of the first words of a CoNLL-U file,
standardised; both sides start from the same matrices and take the sentences in the same order.
Prints a table and writes structural_probe.json.

    benchmarks/peers/structural_probe.py --ours WORKER --conllu FILE --out FOLDER
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import smollm2_directory
from compare import CACHE, alternate, machine, one_gguf
from probe_regression import BATCH, word_ends
from workers import HERE, Worker

TARGET = 10
VALIDATION_SHARE = 0.1


def read_trees(path, n_words):
    """[[(word, head)]] of the first sentences, up to so many words."""
    sentences, words, count = [], [], 0
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        fields = line.split("\t")
        if fields[0].isdigit():
            words.append((fields[1], int(fields[6])))
        elif not line and words:
            count += len(words)
            if count > n_words:
                break
            sentences.append(words)
            words = []
    return sentences


def harvest(directory, sentences):
    """[layer][sentence] states of each word's last token, sentences of like length together."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval().model
    tokens = [word_ends(tokenizer, words) for words in sentences]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i][0]))
    layers = None
    with torch.inference_mode():
        for first in range(0, len(order), BATCH):
            batch = order[first:first + BATCH]
            longest = max(len(tokens[i][0]) for i in batch)
            ids = torch.zeros((len(batch), longest), dtype=torch.long)
            for row, i in enumerate(batch):
                ids[row, :len(tokens[i][0])] = torch.tensor(tokens[i][0])
            hidden = model(ids, output_hidden_states=True, use_cache=False).hidden_states
            layers = layers or [[None] * len(tokens) for _ in hidden]
            for layer, states in enumerate(hidden):
                for row, i in enumerate(batch):
                    layers[layer][i] = states[row, tokens[i][1]].numpy().copy()
    return layers


def make_arrays(options, directory):
    """Folder with layer-NN.npy, lengths.npy and heads.npy; made once for the same question."""
    key = hashlib.sha256(options.conllu.read_bytes() + f"trees {options.words}".encode())
    folder = CACHE / "peers-states" / key.hexdigest()[:16]
    if not (folder / "lengths.npy").exists():
        print("harvesting hidden states with Transformers", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        sentences = read_trees(options.conllu, options.words)
        for layer, states in enumerate(harvest(directory, sentences)):
            states = np.concatenate(states).astype(np.float64)
            deviation = states.std(axis=0)
            deviation[deviation == 0] = 1
            np.save(folder / f"layer-{layer:02}.npy",
                    ((states - states.mean(axis=0)) / deviation).astype(np.float32))
        np.save(folder / "heads.npy",
                np.array([head for words in sentences for _, head in words], dtype=np.int32))
        np.save(folder / "lengths.npy", np.array([len(words) for words in sentences], dtype=np.int32))
    return folder


def prepare(options, folder):
    """The arguments of both sides, which begin with the same matrix and order."""
    random = np.random.default_rng(0)
    n_layers = len(list(folder.glob("layer-*.npy")))
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
    parser.add_argument("--ours", type=Path, help="headlens-learn-worker; without it the peer is "
                        "measured alone")
    parser.add_argument("--conllu", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m")
    parser.add_argument("--words", type=int, default=8000)
    parser.add_argument("--rank", type=int, default=64, help="0: full")
    parser.add_argument("--epochs", type=int, default=3, help="of every probe, on both sides")
    parser.add_argument("--targets", default="distance,depth")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    options = parse_arguments()
    gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(gguf, options.peer_model)
    folder = make_arrays(options, directory)
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
