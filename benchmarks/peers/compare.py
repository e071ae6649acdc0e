#!/usr/bin/env python3
"""Measures headlens beside its peers in one run: same model, same tokens, same threads, the sides
taking turns. The first call of each side is a row of its own; where both are short, every turn begins
with a run that is not timed. Prints a table and writes comparison.json and comparison.md.

Ends with 1 if a result is further from the peer's than its case allows or a case could not run;
a ratio below its target or a limit of ours exceeded is marked, and fails only with --strict.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import differences
import gpt2_shape
import smollm2_directory
import tables
from workers import HERE, WorkerError, Workers, run_process

CACHE = Path(os.environ.get("HEADLENS_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headlens")
# Idle OpenMP threads of the side that just ran spin for a while.
SETTLE_SECONDS = 0.5
# A processor that has idled, and caches that the other side has filled, are no part of short work.
SETTLING_RUN_SECONDS = 2


def summary(first, replies):
    seconds = [reply["seconds"] for reply in replies]
    return {"first": first["seconds"], "min": min(seconds), "median": statistics.median(seconds),
            "seconds": seconds,
            "peak_rss_bytes": max(reply["peak_rss_bytes"] for reply in replies),
            "result": replies[-1].get("result", {})}


def alternate(sides, runs):
    """One warm-up each, then A B A B; sides are functions of "is this the warm-up?"."""
    first = {name: side(True) for name, side in sides.items()}
    settles = max(reply["seconds"] for reply in first.values()) < SETTLING_RUN_SECONDS
    replies = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            time.sleep(SETTLE_SECONDS)
            if settles:
                side(False)
            replies[name].append(side(False))
    return {name: summary(first[name], found) for name, found in replies.items()}


class Comparison:
    def __init__(self, options, workers):
        self.options, self.workers = options, workers
        self.scratch = Path(tempfile.mkdtemp(prefix="headlens-bench-"))
        self.plan = json.loads(options.cases.read_text())
        self.ids = {}

    def prompt(self, name):
        """Token ids of a prompt; text is tokenized by Transformers for both sides."""
        if name not in self.ids:
            entry = self.plan["prompts"][name]
            if "ids" not in entry:
                text = (self.options.cases.parent / entry["file"]).read_text(encoding="utf-8")
                reply = self.workers.get("transformers").ask(
                    {"case": "tokenize", "args": {"text": text, "count": entry["tokens"]}})
                entry["ids"] = reply["result"]["ids"]
            self.ids[name] = entry["ids"]
        return self.ids[name]

    def worker_side(self, case, side):
        """A function that runs one worker's half of a case."""
        name = "ours" if side == "ours" else case["peer"]
        folder = None
        if case.get("model") == "gpt2-small-shape":
            folder = gpt2_shape.ensure_directory(self.workers.directory)
        args = dict(case.get("args", {})) | case.get("ours" if side == "ours" else "peer_args", {})
        if "prompt" in case:
            args["ids"] = self.prompt(case["prompt"])
        args["gguf"] = str(self.workers.gguf)
        request = {"case": case.get("peer_case", case["case"]) if side == "peer" else case["case"],
                   "args": args}

        def run(warm_up):
            save = {"save": str(self.scratch / side)} if warm_up and case["tolerance"] else {}
            try:
                return self.workers.get(name, folder).ask(request | save)
            except WorkerError:
                self.workers.forget(name, folder)
                raise

        return run

    def process_side(self, case, side):
        values = {"bin": self.options.ours.parent if self.options.ours else "", "here": HERE,
                  "gguf": self.workers.gguf, "directory": self.workers.directory,
                  "scratch": self.scratch, "python": sys.executable}
        command = [part.format(**values) for part in case[f"{side}_command"]]
        return lambda warm_up: run_process(command, self.options.threads)

    def run_case(self, case):
        row = {"name": case["name"], "target": case["target"],
               "limits": case.get("limits", {}), "ours": None,
               "peer": None, "ratio": None, "differences": {}}
        make = self.process_side if "peer_command" in case else self.worker_side
        names = ["ours", "peer"] if self.options.ours else ["peer"]
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        if "megabytes" in row["limits"]:
            self.workers.forget("ours")  # a peak that this case alone made
        try:
            row.update(alternate({name: make(case, name) for name in names}, self.options.runs))
        except (WorkerError, OSError) as error:
            row["error"] = str(error)
            return row
        if self.options.ours:
            row["ratio"] = row["peer"]["median"] / row["ours"]["median"]
            row["differences"] = differences.compare_folders(
                self.scratch / "ours", self.scratch / "peer", case.get("tolerance", {}))
        return row

    def run(self):
        chosen = [case for case in self.plan["cases"]
                  if re.search(self.options.only, case["name"])]
        rows = []
        for number, case in enumerate(chosen, 1):
            print(f"[{number}/{len(chosen)}] {case['name']}", file=sys.stderr, flush=True)
            rows.append(self.run_case(case))
        shutil.rmtree(self.scratch, ignore_errors=True)
        return rows


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    packages = ("torch", "transformers", "transformer_lens")
    return {"processor": model.group(1) if model else platform.machine(),
            "packages": {name: importlib.metadata.version(name) for name in packages}}


def one_gguf(folder):
    found = sorted(folder.glob("*.gguf"))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold one .gguf file, and holds {len(found)}")
    return found[0]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, help="headlens-bench-worker; without it the peers are "
                        "measured alone")
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m",
                        help="folder with SmolLM2's GGUF (default: %(default)s)")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m",
                        help="the same as a Hugging Face directory, made if absent "
                        "(default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--cases", type=Path, default=HERE / "cases.json")
    parser.add_argument("--only", default="", metavar="REGEX", help="run the cases that match")
    parser.add_argument("--runs", type=int, default=5, help="timed runs a side (default: 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads a side (default: 2)")
    parser.add_argument("--strict", action="store_true", help="fail below a target ratio or over a limit")
    return parser.parse_args()


def succeeded(rows, strict):
    for row in rows:
        if row.get("error") or not all(found["within"] for found in row["differences"].values()):
            return False
        if strict and (tables.below_target(row) or tables.over_limits(row)):
            return False
    return True


def main():
    options = parse_arguments()
    gguf = one_gguf(options.model_dir)
    directory = smollm2_directory.ensure_directory(gguf, options.peer_model)
    workers = Workers(options.ours, gguf, directory, options.threads)
    try:
        rows = Comparison(options, workers).run()
    finally:
        workers.close()
    report = {"machine": machine(), "threads": options.threads, "runs": options.runs, "cases": rows}
    print(tables.terminal(rows))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "comparison.json").write_text(json.dumps(report, indent=2) + "\n")
    (options.out / "comparison.md").write_text(tables.markdown(report))
    return 0 if succeeded(rows, options.strict) else 1


if __name__ == "__main__":
    sys.exit(main())
