#!/usr/bin/env python3
"""Makes tests/goldens/real_models: what Transformers computes with the two packaged models.

    tools/make_real_model_goldens.py --smollm2 SmolLM2-135M-Instruct.Q4_1.gguf --minilm DIR

Each model's file holds a sample of three prompts' values, every prompt run alone in float32 with
eager attention. The metadata has the texts and the sha256 of the weights. For prompt N:

  promptN.token_ids                           int64 [token]
  promptN.logits.at, .values                  flat indices into [token, vocabulary], and values
  promptN.logits.logsumexp                    [token]
  promptN.logits.top_ids, .top_values         [token, 10]
  promptN.hidden.at, .values                  flat indices into [token, d_model]; [state, index]
  promptN.hidden.means, .roots                mean and root mean square of rows: [state, token]
  promptN.attention.at, .values               flat indices into [head, query, key]; [layer, index]
  promptN.attention.roots                     root mean square of matrices: [layer, head]
  promptN.attention.centroids                 mean of key / tokens, weighted: [layer, head]

The states are the inputs of the blocks, then the last block's output, then, for a causal model,
that after the final norm. A state's largest entry is always among its indices, so that massive
activations are compared. Needs the packages of tools/requirements-peers.txt.
"""

import argparse
import hashlib
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "tests" / "goldens" / "real_models"
PROMPTS = [
    "The capital of France is",
    "The cat sat on the mat because it was comfortable",
    "In July 1969, after a journey of 384,400 km, two astronauts walked on the Moon; "
    "\"one small step,\" they said. Back in Z\u00fcrich, the old caf\u00e9's owner (aged 73!) "
    "didn't believe it: was it a trick, or wasn't it?",
]
LOGITS, HIDDEN, ATTENTION, TOP = 512, 256, 256, 10


def sample(count, candidates, seed, always=()):
    """Sorted distinct members of `candidates`, and `always` among them."""
    order = torch.randperm(len(candidates), generator=torch.Generator().manual_seed(seed))
    chosen = candidates[order[:count]].tolist()
    return torch.tensor(sorted({*chosen, *always}), dtype=torch.int64)


def logit_tensors(logits, seed):
    at = sample(LOGITS, torch.arange(logits.numel()), seed)
    top = logits.topk(TOP, dim=-1)
    return {"logits.at": at, "logits.values": logits.flatten()[at],
            "logits.logsumexp": logits.double().logsumexp(-1),
            "logits.top_ids": top.indices, "logits.top_values": top.values}


def hidden_tensors(states, seed):
    """states: [state, token, d_model]"""
    flat = states.flatten(1)
    at = sample(HIDDEN, torch.arange(flat.shape[1]), seed, flat.abs().argmax(-1).tolist())
    return {"hidden.at": at, "hidden.values": flat[:, at],
            "hidden.means": states.double().mean(-1),
            "hidden.roots": states.double().square().mean(-1).sqrt()}


def attention_tensors(patterns, causal, seed):
    """patterns: [layer, head, query, key]"""
    _, heads, tokens, _ = patterns.shape
    seen = torch.ones(tokens, tokens).tril() if causal else torch.ones(tokens, tokens)
    at = sample(ATTENTION, seen.repeat(heads, 1, 1).flatten().nonzero().flatten(), seed)
    wide = patterns.double()
    keys = torch.arange(tokens, dtype=torch.float64) / tokens
    return {"attention.at": at, "attention.values": patterns.flatten(1)[:, at],
            "attention.roots": wide.square().mean((-2, -1)).sqrt(),
            "attention.centroids": (wide * keys).sum(-1).mean(-1)}


def run(model, inputs, causal):
    """(logits or None, states [state, token, d_model], patterns [layer, head, query, key])"""
    residual = []
    if causal:
        handle = model.model.norm.register_forward_pre_hook(
            lambda module, arguments: residual.append(arguments[0].clone()))
    with torch.inference_mode():
        output = model(**inputs, output_hidden_states=True, output_attentions=True)
    states = list(output.hidden_states)
    if causal:
        handle.remove()
        states[-1:] = residual + states[-1:]
    logits = output.logits[0] if causal else None
    return logits, torch.cat(states), torch.cat(output.attentions)


def prompt_tensors(model, tokenizer, text, seed, causal):
    inputs = tokenizer(text, return_tensors="pt")
    logits, states, patterns = run(model, inputs, causal)
    tensors = {"token_ids": inputs["input_ids"][0]}
    if causal:
        tensors |= logit_tensors(logits, seed)
    tensors |= hidden_tensors(states, seed + 1)
    tensors |= attention_tensors(patterns, causal, seed + 2)
    print(f"  {len(tensors['token_ids'])} tokens, largest activation {states.abs().max():.1f}")
    return tensors


def stored(tensor):
    return (tensor if tensor.dtype == torch.int64 else tensor.to(torch.float32)).contiguous()


def make(model, tokenizer, weights, causal, path):
    print(path.name)
    tensors = {}
    for index, text in enumerate(PROMPTS):
        made = prompt_tensors(model.eval(), tokenizer, text, 1000 * index, causal)
        tensors |= {f"prompt{index}.{name}": stored(value) for name, value in made.items()}
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    save_file(tensors, path, metadata={"prompts": json.dumps(PROMPTS), "weights_sha256": sha256})
    print(f"  {path.stat().st_size / 1000:.0f} kB")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smollm2", type=Path, required=True, metavar="GGUF")
    parser.add_argument("--minilm", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to fill")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    exact = {"dtype": torch.float32, "attn_implementation": "eager"}
    folder, file = str(arguments.smollm2.parent), arguments.smollm2.name
    make(transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, **exact),
         transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file),
         arguments.smollm2, True, arguments.out / "smollm2-135m.safetensors")
    make(transformers.AutoModel.from_pretrained(arguments.minilm, **exact),
         transformers.AutoTokenizer.from_pretrained(arguments.minilm),
         arguments.minilm / "model.safetensors", False, arguments.out / "minilm-l6.safetensors")


if __name__ == "__main__":
    main()
