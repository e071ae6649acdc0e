#!/usr/bin/env python3
"""Converts llama2.c's stories260K (stories260K.bin, layout version 0, and tok512.bin) into a
Hugging Face Llama directory.

    tools/convert_stories260k.py stories260K.bin tok512.bin OUT

OUT then holds config.json, model.safetensors and tokenizer.json. The tokenizer puts <s> in front,
as llama2.c does; with only <s>, the most likely continuation is "Once upon a time, there was a
little girl named Lily. ...". Any model of layout version 0 with its tokenizer converts alike.
Needs nothing but Python.
"""

import argparse
import json
import math
import struct
from pathlib import Path

from float_tensors import Tensor, from_little_endian, save_safetensors

BOS, EOS = 1, 2
SPACE = "\u2581"
HEADER = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")


class Reader:
    """Takes float32 tensors from the file one after another."""

    def __init__(self, data):
        self.values = from_little_endian(data)
        self.at = 0

    def take(self, *shape):
        size = math.prod(shape)
        if self.at + size > len(self.values):
            raise SystemExit("the model file is too short for its header")
        tensor = Tensor(shape, self.values[self.at:self.at + size])
        self.at += size
        return tensor


def halves_from_pairs(weight, heads):
    """llama2.c rotates rows (2i, 2i + 1) of a head together, Hugging Face rows (i, i + half)."""
    size = weight.shape[0] // heads
    return weight.rows(head * size + row for head in range(heads)
                       for row in [*range(0, size, 2), *range(1, size, 2)])


def read_layers(reader, c):
    """Per-layer tensors, in the file's order: each kind of all layers together."""
    head = c["dim"] // c["n_heads"]
    layers, dim, hidden, key = c["n_layers"], c["dim"], c["hidden_dim"], c["n_kv_heads"] * head
    return {
        "input_layernorm": reader.take(layers, dim),
        "self_attn.q_proj": reader.take(layers, dim, dim),
        "self_attn.k_proj": reader.take(layers, key, dim),
        "self_attn.v_proj": reader.take(layers, key, dim),
        "self_attn.o_proj": reader.take(layers, dim, dim),
        "post_attention_layernorm": reader.take(layers, dim),
        "mlp.gate_proj": reader.take(layers, hidden, dim),
        "mlp.down_proj": reader.take(layers, dim, hidden),
        "mlp.up_proj": reader.take(layers, hidden, dim),
    }


def read_model(path):
    data = path.read_bytes()
    c = dict(zip(HEADER, struct.unpack("<7i", data[:28])))
    tied = c["vocab_size"] > 0
    c["vocab_size"] = abs(c["vocab_size"])
    reader = Reader(data[28:])
    tensors = {"model.embed_tokens.weight": reader.take(c["vocab_size"], c["dim"])}
    for kind, stacked in read_layers(reader, c).items():
        for layer, tensor in enumerate(stacked.unstacked()):
            if kind.endswith("q_proj"):
                tensor = halves_from_pairs(tensor, c["n_heads"])
            if kind.endswith("k_proj"):
                tensor = halves_from_pairs(tensor, c["n_kv_heads"])
            tensors[f"model.layers.{layer}.{kind}.weight"] = tensor
    tensors["model.norm.weight"] = reader.take(c["dim"])
    reader.take(2, c["seq_len"], c["dim"] // c["n_heads"] // 2)
    if not tied:
        tensors["lm_head.weight"] = reader.take(c["vocab_size"], c["dim"])
    return c, tied, tensors


def hugging_face_config(c, tied):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": c["dim"], "intermediate_size": c["hidden_dim"],
        "num_hidden_layers": c["n_layers"], "num_attention_heads": c["n_heads"],
        "num_key_value_heads": c["n_kv_heads"], "vocab_size": c["vocab_size"],
        "max_position_embeddings": c["seq_len"], "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": tied, "bos_token_id": BOS, "eos_token_id": EOS,
        "torch_dtype": "float32",
    }


def read_vocabulary(path, size):
    """(token, score) of every id, with SentencePiece's sign for a space."""
    data = path.read_bytes()
    at, entries = 4, []
    for _ in range(size):
        score, length = struct.unpack_from("<fi", data, at)
        text = data[at + 8:at + 8 + length].decode("utf-8")
        at += 8 + length
        entries.append((text.replace(" ", SPACE), score))
    for index, name in ((0, "<unk>"), (BOS, "<s>"), (EOS, "</s>")):
        entries[index] = (name, 0.0)
    return entries


def merges(entries):
    """Every way to join two tokens into a third, the best score first, as llama2.c chooses."""
    ids = {token: index for index, (token, _) in enumerate(entries)}
    found = []
    for token, score in entries[3 + 256:]:
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in ids and right in ids:
                found.append((-score, ids[left], ids[right], left, right))
    return [[left, right] for _, _, _, left, right in sorted(found)]


def tokenizer(entries):
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
               "special": True}
    bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": index, "content": entries[index][0], **special}
                         for index in (0, BOS, EOS)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": SPACE},
            {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing", "single": [bos, first], "pair": [bos, first, bos, second],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "fuse_unk": True,
                  "byte_fallback": True, "ignore_merges": False,
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "vocab": {token: index for index, (token, _) in enumerate(entries)},
                  "merges": merges(entries)},
    }


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="stories260K.bin")
    parser.add_argument("tokenizer", type=Path, help="tok512.bin")
    parser.add_argument("out", type=Path, help="folder to write")
    arguments = parser.parse_args()
    c, tied, tensors = read_model(arguments.model)
    entries = read_vocabulary(arguments.tokenizer, c["vocab_size"])
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_safetensors(arguments.out / "model.safetensors", tensors)
    write_json(arguments.out / "config.json", hugging_face_config(c, tied))
    write_json(arguments.out / "tokenizer.json", tokenizer(entries))
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
