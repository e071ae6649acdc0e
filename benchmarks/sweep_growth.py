#!/usr/bin/env python3
"""Measures how the cost of a sweep grows: every head ablated in 1 to 100 prompts at once.

    benchmarks/sweep_growth.py --ours build/release/bin/headlens-bench-worker \\
        --model MODEL.gguf --out docs/images/sweep_growth.svg

Prints a table (cells, seconds of the first call and of the fastest of the others, cells a second,
peak memory) and draws it. Needs the packages of tools/requirements-peers.txt.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

from workers import Worker

IDS = [2427, 5099, 284, 2322, 3514, 288, 260, 4249, 28, 2322, 4502, 253, 5968, 288]
PROMPTS = (1, 10, 32, 100)
SIDES = {"f32": {"precision": "f32"}, "bf16 deltas": {"precision": "f32", "products": "bf16_deltas"}}


def measure(worker_binary, model, threads, runs):
    rows = []
    for side, arguments in SIDES.items():
        for prompts in PROMPTS:
            worker = Worker([str(worker_binary)], model, threads)
            request = {"case": "ablate", "args": {"ids": IDS, "answer": 5099, "foil": 2322,
                                                  "prompts": prompts} | arguments}
            calls = runs if prompts < 32 else 1
            replies = [worker.ask(request) for _ in range(calls)]
            worker.close()
            rows.append({"side": side, "prompts": prompts, "cells": replies[0]["result"]["cells"],
                         "first_seconds": replies[0]["seconds"],
                         "seconds": min(reply["seconds"] for reply in replies[1:] or replies),
                         "peak_mb": replies[-1]["peak_rss_bytes"] / 1e6})
            row = rows[-1]
            print(f"| {side} | {prompts} | {row['cells']} | {row['first_seconds']:.2f} | "
                  f"{row['seconds']:.2f} | {row['cells'] / row['seconds']:.0f} | "
                  f"{row['peak_mb']:.0f} |", flush=True)
    return rows


def draw(rows, out):
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "headlens"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.2, 4), layout="constrained")
    for side, color in zip(SIDES, ("#0072b2", "#d55e00")):
        chosen = [row for row in rows if row["side"] == side]
        cells = [row["cells"] for row in chosen]
        axes.plot(cells, [row["seconds"] for row in chosen], "o-", color=color, label=side)
        slope = chosen[0]["seconds"] / chosen[0]["cells"]
        axes.plot(cells, [slope * n for n in cells], ":", color=color,
                  label=f"{side}: one prompt's cost times prompts")
    axes.set(xscale="log", yscale="log", xlabel="cells: layers x heads x prompts",
             ylabel="seconds", title="Ablating every head of SmolLM2-135M, 14 tokens a prompt")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=4)
    arguments = parser.parse_args()
    print("| products | prompts | cells | first call, s | s | cells a second | peak MB |")
    print("|---|---|---|---|---|---|---|")
    rows = measure(arguments.ours, arguments.model, arguments.threads, arguments.runs)
    draw(rows, arguments.out)


if __name__ == "__main__":
    main()
