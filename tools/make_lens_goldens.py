#!/usr/bin/env python3
"""Makes tests/goldens/lenses: the logit lens of tiny models, computed with Transformers in float64.

For each model of tests/goldens/parity that predicts tokens, one file with

  input_ids, token_type_ids (BERT only)   int64 [length]
  norm.log_probabilities                  [layer 0..L, position, vocabulary], float32; layer 0 is the
                                          embeddings, layer L the model's own output
  norm.entropy_nats                       [layer, position]
  norm.kl_to_final_nats                   [layer, position]; KL(final || layer)
  raw.*                                   the same without the final norm (but at layer L)

Hidden states, norm, unembedding and prediction heads are Transformers' own modules. Masked language
models put every layer through their whole prediction head and have no norm to leave out.
Needs the packages of tools/requirements-peers.txt.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import load_file, save_file

GOLDENS = Path(__file__).resolve().parent.parent / "tests" / "goldens"
CAUSAL = {"gpt2": "transformer.ln_f", "gpt_neox_parallel": "gpt_neox.final_layer_norm",
          "llama": "model.norm", "llama_llama3_rope": "model.norm", "qwen3": "model.norm"}
MASKED = ("bert_masked_lm", "distilbert_masked_lm", "roberta_masked_lm")


def distilbert_head(model, states):
    states = model.activation(model.vocab_transform(states))
    return model.vocab_projector(model.vocab_layer_norm(states))


def prediction_head(model):
    """Hidden states to logits, of a masked language model."""
    for name in ("cls", "lm_head"):
        if hasattr(model, name):
            return getattr(model, name)
    return lambda states: distilbert_head(model, states)


def causal_states(model, norm, inputs):
    """Inputs of the blocks and what the last block leaves before the final norm."""
    kept = []
    handle = norm.register_forward_pre_hook(lambda module, arguments: kept.append(arguments[0]))
    output = model(**inputs, output_hidden_states=True)
    handle.remove()
    return [*output.hidden_states[:-1], kept[0]], output.logits


def causal_logits(model, name, inputs):
    norm = model.get_submodule(CAUSAL[name])
    states, output = causal_states(model, norm, inputs)
    unembed = model.get_output_embeddings()
    normed = torch.cat([unembed(norm(state)) for state in states])
    raw = torch.cat([*(unembed(state) for state in states[:-1]), output])
    return normed, raw, output


def masked_logits(model, inputs):
    result = model(**inputs, output_hidden_states=True)
    head = prediction_head(model)
    logits = torch.cat([head(state) for state in result.hidden_states])
    return logits, logits, result.logits


def distribution_tensors(prefix, logits):
    log_p = torch.log_softmax(logits, dim=-1)
    p = log_p.exp()
    final = log_p[-1:]
    values = {"log_probabilities": log_p,
              "entropy_nats": -(p * log_p).sum(-1),
              "kl_to_final_nats": (final.exp() * (final - log_p)).sum(-1)}
    return {f"{prefix}.{name}": value.to(torch.float32).contiguous()
            for name, value in values.items()}


def lens_tensors(name):
    folder = GOLDENS / "parity" / name
    model_class = transformers.AutoModelForMaskedLM if name in MASKED else (
        transformers.AutoModelForCausalLM)
    model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model = model.double().eval()
    stored = load_file(folder / "expected.safetensors")
    kept = {key: stored[f"seq0.{key}"] for key in ("input_ids", "token_type_ids")
            if f"seq0.{key}" in stored}
    inputs = {key: value[None] for key, value in kept.items()}
    with torch.inference_mode():
        normed, raw, output = (masked_logits(model, inputs) if name in MASKED
                               else causal_logits(model, name, inputs))
    distance = (normed[-1] - output[0]).abs().max().item()
    if distance > 1e-9:
        raise SystemExit(f"{name}: the last layer is not the model's output ({distance:.1e})")
    return kept | distribution_tensors("norm", normed) | distribution_tensors("raw", raw)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=GOLDENS / "lenses")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in (*CAUSAL, *MASKED):
        tensors = lens_tensors(name)
        save_file(tensors, arguments.out / f"{name}.safetensors")
        kl = tensors["norm.kl_to_final_nats"]
        print(f"{name:22} {list(kl.shape)} KL to final at layer 0: {kl[0].mean():.3f} nats")


if __name__ == "__main__":
    main()
