#!/usr/bin/env python3
"""Converts llm-viz's gpt-nano-sort-model.json (a minGPT of 3 layers that sorts six letters A, B, C)
into a Hugging Face GPT-2 directory.

    tools/convert_nano_sort.py gpt-nano-sort-model.json OUT

OUT then holds config.json, model.safetensors and tokenizer.json. Give the model six letters; what
it predicts after the sixth and after each predicted letter is the sorted word: CBACAB -> AABBCC.
Needs nothing but Python.
"""

import argparse
import base64
import json
import re
from pathlib import Path

from float_tensors import Tensor, from_little_endian, save_safetensors

LETTERS = "ABC"
# minGPT stores linear weights as (out, in); Hugging Face's GPT-2 keeps them as (in, out).
TRANSPOSED = re.compile(r"\.(c_attn|c_proj|c_fc)\.weight$")
CAUSAL_MASK = re.compile(r"\.attn\.bias$")


def decode(entry):
    return Tensor(entry["shape"], from_little_endian(base64.b64decode(entry["data"])))


def tensors(model):
    found = {}
    for name, entry in model.items():
        if name == "config" or CAUSAL_MASK.search(name):
            continue
        tensor = decode(entry)
        found[name] = tensor.transposed() if TRANSPOSED.search(name) else tensor
    return found


def hugging_face_config(config):
    return {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
        "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
        "n_layer": config["n_layer"], "n_head": config["n_head"], "n_embd": config["n_embd"],
        "n_positions": config["block_size"], "vocab_size": config["vocab_size"],
        "attn_pdrop": config["attn_pdrop"], "embd_pdrop": config["embd_pdrop"],
        "resid_pdrop": config["resid_pdrop"], "bos_token_id": None, "eos_token_id": None,
        "tie_word_embeddings": False, "torch_dtype": "float32",
    }


def tokenizer():
    """One token a letter; spaces are skipped, any other character is an error."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False}]},
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "unk_token": "<unk>",
                  "vocab": {letter: index for index, letter in enumerate(LETTERS)}},
    }


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="gpt-nano-sort-model.json")
    parser.add_argument("out", type=Path, help="folder to write")
    arguments = parser.parse_args()
    model = json.loads(arguments.model.read_text())
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_safetensors(arguments.out / "model.safetensors", tensors(model))
    write_json(arguments.out / "config.json", hugging_face_config(model["config"]))
    write_json(arguments.out / "tokenizer.json", tokenizer())
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
