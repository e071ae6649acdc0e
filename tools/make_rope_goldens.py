#!/usr/bin/env python3
"""Writes tests/goldens/rope/scalings.json: rotary frequencies as Transformers computes them.

A list of cases, each with

  name                  of the case
  config                a config.json, or what matters of it
  dimensions            rotated dimensions of a head
  inverse_frequencies   of each pair, float32
  attention_factor      what multiplies cosine and sine

Needs the packages of tools/requirements-peers.txt.
"""

import copy
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import transformers
from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXRotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

OUT = Path(__file__).resolve().parent.parent / "tests" / "goldens" / "rope" / "scalings.json"


def llama(dimensions, theta, positions, scaling, **top):
    return dict(model_type="llama", hidden_size=4 * dimensions, num_attention_heads=4,
                head_dim=dimensions, rope_theta=theta, max_position_embeddings=positions,
                rope_scaling=scaling) | top


def neox(d_head, share, scaling=None):
    return dict(model_type="gpt_neox", hidden_size=2 * d_head, num_attention_heads=2,
                rotary_pct=share, rotary_emb_base=10000, max_position_embeddings=2048,
                rope_scaling=scaling)


def yarn(factor, context=None, **more):
    known = {} if context is None else {"original_max_position_embeddings": context}
    return {"rope_type": "yarn", "factor": factor} | known | more


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
CASES = {
    "default": llama(64, 1e4, 2048, None),
    "linear": llama(64, 1e4, 8192, {"rope_type": "linear", "factor": 4.0}),
    "llama3_1": llama(128, 5e5, 131072, LLAMA3 | {"original_max_position_embeddings": 8192}),
    "llama3_of_its_own_context": llama(64, 5e5, 8192, LLAMA3),
    "yarn_qwen2_5": llama(128, 1e6, 32768, {"type": "yarn", "factor": 4.0,
                                            "original_max_position_embeddings": 32768}),
    "yarn_of_its_own_context": llama(64, 1e4, 4096, yarn(2.0)),
    "yarn_context_at_the_top": llama(64, 1e4, 16384, yarn(8.0, 4096),
                                     original_max_position_embeddings=2048),
    "yarn_untruncated": llama(64, 150000.0, 131072,
                              yarn(32.0, 4096, beta_fast=32.0, beta_slow=1.0, truncate=False)),
    "yarn_mscale": llama(64, 1e4, 163840, yarn(40.0, 4096, mscale=1.0, mscale_all_dim=0.5)),
    "yarn_mscale_alone": llama(64, 1e4, 163840, yarn(40.0, 4096, mscale=0.7, mscale_all_dim=0.0)),
    "yarn_attention_factor": llama(64, 1e4, 16384, yarn(4.0, 4096, attention_factor=1.25,
                                                        mscale=1.0, mscale_all_dim=0.5)),
    "yarn_no_ramp": llama(32, 1e4, 16384,
                          yarn(4.0, 4096, beta_fast=2.0, beta_slow=2.0, truncate=False)),
    "yarn_that_shrinks": llama(32, 1e4, 2048, yarn(0.5, 4096)),
    "yarn_short_context": llama(8, 100.0, 256, yarn(4.0, 64)),
    "neox_quarter": neox(64, 0.25),
    "neox_odd": neox(12, 0.25),
    "neox_yarn": neox(64, 0.5, yarn(4.0, 512)),
}


def compute(config):
    config = copy.deepcopy(config)
    if config.pop("model_type") == "gpt_neox":
        rotary = GPTNeoXRotaryEmbedding(transformers.GPTNeoXConfig(**config))
        dimensions = int(config["hidden_size"] // 2 * config["rotary_pct"])
    else:
        rotary = LlamaRotaryEmbedding(transformers.LlamaConfig(**config))
        dimensions = config["head_dim"]
    return {"dimensions": dimensions, "inverse_frequencies": rotary.inv_freq.tolist(),
            "attention_factor": rotary.attention_scaling}


def main():
    transformers.logging.set_verbosity_error()
    cases = [{"name": name, "config": config} | compute(config) for name, config in CASES.items()]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(f"{len(cases)} cases, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
