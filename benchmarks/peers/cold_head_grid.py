#!/usr/bin/env python3
"""The script that people write today: load a model, take its attentions, draw a grid of a layer's
heads with matplotlib. It is measured as a whole process.

    benchmarks/peers/cold_head_grid.py MODEL_DIRECTORY LAYER OUT.png
"""

import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXT = "The cat sat on the mat because it was tired"
ROWS, COLUMNS = 3, 4


def draw_head(axes, pattern, tokens, title):
    axes.imshow(pattern, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(tokens)), tokens, rotation=90)
    axes.set_yticks(range(len(tokens)), tokens)
    axes.set_title(title, fontsize=9)
    axes.tick_params(labelsize=6)


def main():
    folder, layer, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager",
                                                 dtype=torch.float32).eval()
    inputs = tokenizer(TEXT, return_tensors="pt")
    with torch.inference_mode():
        patterns = model(**inputs, output_attentions=True).attentions[layer][0].numpy()
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    figure, grid = plt.subplots(ROWS, COLUMNS, figsize=(20, 15))
    for axes, (head, pattern) in zip(grid.flat, enumerate(patterns)):
        draw_head(axes, pattern, tokens, f"L{layer}H{head}")
    plt.tight_layout()
    plt.savefig(out, dpi=100)


if __name__ == "__main__":
    main()
