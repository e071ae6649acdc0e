#!/usr/bin/env python3
"""Measures harvesting every layer of SmolLM2 as a corpus grows tenfold: tokens a second and peak
memory, beside what the matrix products alone allow and beside Transformers.

    benchmarks/harvest_growth.py --bin build/release/bin --conllu en_ewt-ud-train.conllu \\
        --out docs/images/harvest_growth.svg

The ceiling is that of two processes that do nothing but the products of a block, 128 rows at a time,
measured before each harvest; PyTorch's products of as many rows as it likes best are shown beside it.
Prints a table and draws it. Needs the packages of tools/requirements-peers.txt.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import smollm2_directory
import treebank_states
from compare import CACHE, one_gguf
from workers import run_process

WORDS = (6000, 12000, 30000, 60000)
PEER_WORDS = 1500
BLOCKS = 30
# Inputs and outputs of a block's products: of its attention (the output's columns at the speed of
# the first), of gate and up together, and back.
PRODUCTS = {(576, 960): 576 * (960 + 576), (576, 3072): 576 * 3072, (1536, 576): 1536 * 576}


def product_ceiling(folder, threads):
    """Tokens a second that as many processes do of products alone."""
    command = [str(folder / "kernels_bench"), "--benchmark_filter=multiply/f32/rows:128",
               "--benchmark_format=json", "--benchmark_min_time=1"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
               for _ in range(threads)]
    total = 0
    for process in running:
        found = json.loads(process.communicate()[0])["benchmarks"]
        seconds = 0
        for (inputs, outputs), size in PRODUCTS.items():
            speed = next(one["FLOP/s"] for one in found
                         if f"in:{inputs}/out:{outputs}" in one["name"])
            seconds += BLOCKS * 2 * size / speed
        total += 1 / seconds
    return total


def pytorch_ceiling(threads):
    """Tokens a second of PyTorch's products alone, of the number of rows that suits it best."""
    import torch

    torch.set_num_threads(threads)
    weights = {shape: [torch.randn(shape[1], shape[0]) for _ in range(16)] for shape in PRODUCTS}
    best = 0
    for rows in (128, 256, 512, 1024):
        seconds = 0
        for (inputs, outputs), size in PRODUCTS.items():
            x, turns = torch.randn(rows, inputs), 0
            torch.nn.functional.linear(x, weights[inputs, outputs][0])
            start = time.perf_counter()
            while time.perf_counter() - start < 1:
                for weight in weights[inputs, outputs]:
                    torch.nn.functional.linear(x, weight)
                turns += 16
            per_token = (time.perf_counter() - start) / turns / rows
            seconds += BLOCKS * per_token * size / (inputs * outputs)
        best = max(best, 1 / seconds)
    return best


def beginning(conllu, words):
    """The first sentences of a file, until so many words."""
    sentences, count = [], 0
    for sentence in conllu.read_text(encoding="utf-8").split("\n\n"):
        sentences.append(sentence + "\n\n")
        count += sum(line.split("\t")[0].isdigit() for line in sentence.splitlines())
        if count >= words:
            break
    return "".join(sentences)


def harvest(options, words):
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        corpus = Path(scratch, "corpus.conllu")
        corpus.write_text(beginning(options.conllu, words), encoding="utf-8")
        reply = run_process(
            [str(options.bin / "headlens"), "harvest", "--data", str(corpus), "--column", "upos",
             "--model", str(options.gguf), "--out", f"{scratch}/states"], options.threads)
        counts = json.loads(Path(scratch, "states", "manifest.json").read_text())["counts"]
    return {"words": counts["rows"], "tokens": counts["tokens"], "seconds": reply["seconds"],
            "peak_mb": reply["peak_rss_bytes"] / 1e6}


def summary(runs):
    """Of runs of one size: the median time and the largest memory."""
    seconds = [run["seconds"] for run in runs]
    return {**runs[0], "seconds": statistics.median(seconds), "best_seconds": min(seconds),
            "peak_mb": max(run["peak_mb"] for run in runs)}


def transformers_speed(options, directory, batch):
    """Tokens a second of Transformers, sentences of like length together."""
    import torch

    torch.set_num_threads(options.threads)
    sentences = treebank_states.read_sentences(options.conllu, PEER_WORDS)
    tokenizer, model = treebank_states.load(directory)
    tokens = sum(len(treebank_states.word_ends(tokenizer, words)[0]) for words in sentences)
    treebank_states.harvest(tokenizer, model, sentences[:batch], batch)
    start = time.perf_counter()
    treebank_states.harvest(tokenizer, model, sentences, batch)
    return tokens / (time.perf_counter() - start)


def draw(rows, ceiling, out):
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "headlens"
    from matplotlib import pyplot

    figure, (speed, memory) = pyplot.subplots(1, 2, figsize=(7.6, 3.2), layout="constrained")
    tokens = [row["tokens"] / 1000 for row in rows]
    speed.plot(tokens, [row["tokens"] / row["seconds"] for row in rows], "o-", color="#0072b2")
    speed.axhline(ceiling, color="#d55e00", linestyle=":", label="products alone")
    speed.set(xlabel="thousand tokens", ylabel="tokens a second", ylim=(0, 1.15 * ceiling))
    speed.legend(fontsize=8, loc="lower right")
    memory.plot(tokens, [row["peak_mb"] for row in rows], "o-", color="#0072b2")
    peak = max(row["peak_mb"] for row in rows)
    memory.set(xlabel="thousand tokens", ylabel="peak memory, MB", ylim=(0, 1.15 * peak))
    for axes in (speed, memory):
        axes.grid(alpha=0.3)
    figure.suptitle("Harvesting 31 hidden states of SmolLM2-135M, float32", fontsize=10)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="build/release/bin")
    parser.add_argument("--conllu", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, help="where states are written for a while")
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(options.gguf, options.peer_model)
    runs = {words: [] for words in WORDS}
    ceilings = []
    for _ in range(options.rounds):
        for words in WORDS:
            ceilings.append(product_ceiling(options.bin, options.threads))
            runs[words].append(harvest(options, words))
    print("| words | tokens | s (min / median) | tokens a second (median) | peak MB |")
    print("|---|---|---|---|---|")
    rows = [summary(of_size) for of_size in runs.values()]
    for row in rows:
        print(f"| {row['words']:,} | {row['tokens']:,} | {row['best_seconds']:.1f} / "
              f"{row['seconds']:.1f} | {row['tokens'] / row['seconds']:.0f} | {row['peak_mb']:.0f} |")
    ceiling = statistics.median(ceilings)
    print(f"products alone: {ceiling:.0f} tokens a second ({min(ceilings):.0f} to "
          f"{max(ceilings):.0f}), the last row's share "
          f"{rows[-1]['tokens'] / rows[-1]['seconds'] / ceiling:.1%}")
    # Only now, because a child begins with its parent's peak of memory.
    print(f"PyTorch's products alone: {pytorch_ceiling(options.threads):.0f} tokens a second")
    for batch in (1, treebank_states.BATCH):
        print(f"Transformers, {batch} sentences at once: "
              f"{transformers_speed(options, directory, batch):.0f} tokens a second", flush=True)
    draw(rows, ceiling, options.out)


if __name__ == "__main__":
    main()
