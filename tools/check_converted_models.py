#!/usr/bin/env python3
"""Checks the directories that convert_nano_sort.py and convert_stories260k.py wrote.

    tools/check_converted_models.py --nano-sort JSON DIR --stories TOKENIZER_BIN DIR

The first must sort all 729 words and agree with a plain numpy forward pass over the JSON's own
(out, in) weights; the second must tell llama2.c's well-known story for 200 greedy steps and
tokenize as llama2.c's own algorithm does. Needs transformers (tools/requirements-peers.txt).
"""

import argparse
import itertools
import json
import struct
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from convert_nano_sort import decode

STORY = (Path(__file__).resolve().parent.parent / "tests" / "goldens" / "real_models" /
         "stories260K.txt").read_text(encoding="utf-8")

BOS, FIRST_BYTE = 1, 3
TEXTS = ["Once upon a time", STORY, "Zoë's café — “naïve” \n\ttabs  two   spaces", "猫が好き 🐈",
         "xylophone QUARTZ 1234567890 ~|<>", " leading and trailing "]


def as_numpy(tensor):
    return np.array(tensor.values, dtype=np.float64).reshape(tensor.shape)


def layer_norm(x, weight, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5) * weight + bias


def nano_logits(raw, heads, ids):
    """GPT-2 in numpy, double precision, from the JSON as it is."""
    w = {name: as_numpy(decode(entry)) for name, entry in raw.items() if name != "config"}
    x = w["transformer.wte.weight"][ids] + w["transformer.wpe.weight"][:len(ids)]
    mask = np.triu(np.full((len(ids), len(ids)), -np.inf), 1)
    for layer in range(raw["config"]["n_layer"]):
        def linear(name, value):
            return value @ w[f"{p}{name}.weight"].T + w[f"{p}{name}.bias"]
        p = f"transformer.h.{layer}."
        normed = layer_norm(x, w[p + "ln_1.weight"], w[p + "ln_1.bias"])
        q, k, v = (part.reshape(len(ids), heads, -1).swapaxes(0, 1)
                   for part in np.split(linear("attn.c_attn", normed), 3, axis=-1))
        scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1]) + mask
        pattern = np.exp(scores - scores.max(-1, keepdims=True))
        pattern /= pattern.sum(-1, keepdims=True)
        x = x + linear("attn.c_proj", (pattern @ v).swapaxes(0, 1).reshape(len(ids), -1))
        hidden = linear("mlp.c_fc", layer_norm(x, w[p + "ln_2.weight"], w[p + "ln_2.bias"]))
        gelu = 0.5 * hidden * (1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden ** 3)))
        x = x + linear("mlp.c_proj", gelu)
    final = layer_norm(x, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"])
    return final @ w["lm_head.weight"].T


def check_nano_sort(json_path, folder):
    raw = json.loads(Path(json_path).read_text())
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    words = torch.tensor(list(itertools.product(range(3), repeat=6)))
    ids = words
    with torch.inference_mode():
        while ids.shape[1] < 12:
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
        logits = model(ids[:, :11]).logits.numpy()
    wrong = (ids[:, 6:] != words.sort(dim=1).values).any(dim=1).sum().item()
    rows = range(0, 729, 56)
    worst = max(np.abs(nano_logits(raw, raw["config"]["n_head"], ids[i, :11].numpy())
                       - logits[i]).max() for i in rows)
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    assert tokenizer.decode(tokenizer.encode("CBA CAB").ids) == "CBACAB"
    print(f"nano sort: {729 - wrong} of 729 words sorted, logits differ by at most {worst:.1e}")
    assert wrong == 0 and worst < 1e-5


def llama2c_encode(entries, text):
    """llama2.c's encode(): join the best-scored neighbours until nothing joins."""
    ids = {token: index for index, (token, _) in reversed(list(enumerate(entries)))}
    tokens = [BOS] + ([ids[b" "]] if text else [])
    for character in text:
        piece = character.encode()
        tokens += [ids[piece]] if piece in ids else [byte + FIRST_BYTE for byte in piece]
    while True:
        joins = [(entries[ids[entries[a][0] + entries[b][0]]][1], -at)
                 for at, (a, b) in enumerate(zip(tokens, tokens[1:]))
                 if entries[a][0] + entries[b][0] in ids]
        if not joins:
            return tokens
        at = -max(joins)[1]
        joined = ids[entries[tokens[at]][0] + entries[tokens[at + 1]][0]]
        tokens[at:at + 2] = [joined]


def read_entries(path):
    data, at, entries = Path(path).read_bytes(), 4, []
    while at < len(data):
        score, length = struct.unpack_from("<fi", data, at)
        entries.append((data[at + 8:at + 8 + length], score))
        at += 8 + length
    return entries


def check_stories(tokenizer_bin, folder):
    entries = read_entries(tokenizer_bin)
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        assert ids == llama2c_encode(entries, text), text
        assert tokenizer.decode(ids) == text, text
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor([[BOS]])
    with torch.inference_mode():
        for _ in range(200):
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
    told = tokenizer.decode(ids[0].tolist())
    print(told)
    assert told == STORY
    print(f"stories260K: the story of 200 steps and {len(TEXTS)} tokenized texts agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nano-sort", nargs=2, metavar=("JSON", "DIR"))
    parser.add_argument("--stories", nargs=2, metavar=("TOKENIZER_BIN", "DIR"))
    arguments = parser.parse_args()
    if arguments.nano_sort:
        check_nano_sort(*arguments.nano_sort)
    if arguments.stories:
        check_stories(*arguments.stories)


if __name__ == "__main__":
    main()
