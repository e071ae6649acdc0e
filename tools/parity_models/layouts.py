"""Older file layouts that hub models still have, made from a freshly saved directory."""

import json

import torch
from safetensors.torch import load_file, save_file


def rewrite_tensors(folder, change):
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def causal_mask(size):
    return torch.tril(torch.ones(size, size)).reshape(1, 1, size, size)


def gpt2_unprefixed(folder, config):
    """As openai-community/gpt2: no "transformer." prefix, causal masks stored as weights."""
    def change(tensors):
        renamed = {name.removeprefix("transformer."): value for name, value in tensors.items()}
        for layer in range(config["n_layer"]):
            renamed[f"h.{layer}.attn.bias"] = causal_mask(config["n_positions"])
        return renamed
    rewrite_tensors(folder, change)


def gpt_neox_buffers(folder, config):
    """As EleutherAI/pythia-*: masks and rotary frequencies stored as weights, old rotary keys."""
    def change(tensors):
        for layer in range(config["num_hidden_layers"]):
            prefix = f"gpt_neox.layers.{layer}.attention."
            tensors[prefix + "bias"] = causal_mask(config["max_position_embeddings"]).to(torch.bool)
            tensors[prefix + "masked_bias"] = torch.tensor(-1e9)
            tensors[prefix + "rotary_emb.inv_freq"] = torch.tensor([1.0])
        return tensors
    rewrite_tensors(folder, change)
    edit_config(folder, drop=["rope_parameters"],
                add={key: config[key] for key in ("rotary_pct", "rotary_emb_base")})


def legacy_rope(folder, config):
    """As before Transformers 5: rope_theta and rope_scaling at the top of config.json, and the
    kind of a linear scaling under "type"."""
    scaling = dict(config.get("rope_scaling") or {})
    if scaling.get("rope_type") == "linear":
        scaling["type"] = scaling.pop("rope_type")
    edit_config(folder, drop=["rope_parameters"],
                add={"rope_theta": config["rope_theta"], "rope_scaling": scaling or None})


def bert_position_ids(folder, config):
    """As sentence-transformers models: no prefix, and position numbers stored as weights."""
    def change(tensors):
        positions = torch.arange(config["max_position_embeddings"])[None]
        return tensors | {"embeddings.position_ids": positions}
    rewrite_tensors(folder, change)


def bert_gamma_beta(folder, config):
    """As google-bert/bert-base-uncased: norms are called gamma and beta, and an unused
    next-sentence head and pooler are there."""
    def change(tensors):
        width = config["hidden_size"]
        renamed = {name.replace("LayerNorm.weight", "LayerNorm.gamma")
                       .replace("LayerNorm.bias", "LayerNorm.beta"): value
                   for name, value in tensors.items()}
        return renamed | {
            "bert.pooler.dense.weight": torch.eye(width), "bert.pooler.dense.bias": torch.zeros(width),
            "cls.seq_relationship.weight": torch.zeros(2, width),
            "cls.seq_relationship.bias": torch.zeros(2)}
    rewrite_tensors(folder, change)


def edit_config(folder, drop, add):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for key in drop:
        config.pop(key, None)
    path.write_text(json.dumps(config | add, indent=2, sort_keys=True) + "\n")


LAYOUTS = {function.__name__: function
           for function in (gpt2_unprefixed, gpt_neox_buffers, legacy_rope, bert_position_ids,
                            bert_gamma_beta)}
