#!/usr/bin/env python3
"""The background text's lab (eight sentences, part of speech, three folds) by headlens and, on hidden
states of Transformers, by scikit-learn: as the text writes it, and at the optimum. Prints a table.

    benchmarks/peers/lab_probe.py --bin build/release/bin
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np

import smollm2_directory
import treebank_states
from compare import CACHE, one_gguf

LAYERS = (0, 3, 6, 9, 11)
SENTENCES = (
    ("The dog chased the cat", "DET NOUN VERB DET NOUN"),
    ("A bird flew over trees", "DET NOUN VERB ADP NOUN"),
    ("She quickly ran home today", "PRON ADV VERB NOUN ADV"),
    ("Big waves crashed on shore", "ADJ NOUN VERB ADP NOUN"),
    ("They slowly walked to school", "PRON ADV VERB ADP NOUN"),
    ("My friend reads many books", "DET NOUN VERB DET NOUN"),
    ("The tall man opened doors", "DET ADJ NOUN VERB NOUN"),
    ("We often eat fresh food", "PRON ADV VERB ADJ NOUN"))


def scores_of(states, labels, **settings):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    return cross_val_score(LogisticRegression(**settings), states, labels, cv=3).mean()


def scikit_learn(directory):
    """[layer]: accuracy with the text's own settings, and at the optimum."""
    tokenizer, model = treebank_states.load(directory)
    sentences = [[treebank_states.Word(form, tag, 0)
                  for form, tag in zip(text.split(), tags.split(), strict=True)]
                 for text, tags in SENTENCES]
    labels = [word.tag for words in sentences for word in words]
    rows = []
    for states in [np.concatenate(layer) for layer in
                   treebank_states.harvest(tokenizer, model, sentences)]:
        rows.append((scores_of(states, labels, max_iter=1000, random_state=42),
                     scores_of(states.astype(np.float64), labels, solver="newton-cg", tol=1e-10,
                               max_iter=100000)))
    return rows


def headlens(options, gguf):
    found = subprocess.run(
        [str(options.bin / "headlens"), "probe", "--task", "lab-pos", "--layers",
         ",".join(map(str, LAYERS)), "--cv", "3", "--model", str(gguf), "--json"],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return {layer["layer"]: layer for layer in json.loads(found)["layers"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="build/release/bin")
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m")
    options = parser.parse_args()
    gguf = one_gguf(options.model_dir)
    peer = scikit_learn(smollm2_directory.ensure_directory(gguf, options.peer_model))
    ours = headlens(options, gguf)
    print("| layer | headlens | scikit-learn, lbfgs, 1,000 iterations | scikit-learn at the optimum | "
          "control | selectivity |\n|---|---|---|---|---|---|")
    for layer in LAYERS:
        own = ours[layer]
        print(f"| {layer} | {own['accuracy']['mean']:.3f} | {peer[layer][0]:.3f} | {peer[layer][1]:.3f} "
              f"| {own['control']['mean']:.3f} | {own['selectivity']:.3f} |")


if __name__ == "__main__":
    main()
