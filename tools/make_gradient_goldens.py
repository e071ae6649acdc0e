#!/usr/bin/env python3
"""Writes tests/goldens/gradients: PyTorch's gradients of the models of tests/goldens/parity.

Of every model that predicts tokens, for the first of its sequences: the gradients of
logit[3] - logit[11] after the last token with respect to

  hidden_states.L  what block L reads [length, d_model]
  attentions.L     its pattern [head, query, key]

Needs the packages of tools/requirements-peers.txt, and the parity models.
"""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file

from parity_models import expected, specs

GOLDENS = Path(__file__).resolve().parent.parent / "tests" / "goldens"
ANSWER, FOIL = 3, 11


def gradients(spec, model):
    inputs = expected.inputs_for(spec, expected.sequences(spec)[0])
    output = model(**inputs, output_hidden_states=True, output_attentions=True, use_cache=False)
    logits = output.logits[0, -1]
    layers = range(len(output.attentions))
    read = [output.hidden_states[i] for i in layers] + list(output.attentions)
    found = torch.autograd.grad(logits[ANSWER] - logits[FOIL], read)
    tensors = {f"hidden_states.{i}": found[i][0] for i in layers}
    tensors |= {f"attentions.{i}": found[len(layers) + i][0] for i in layers}
    return {name: value.contiguous() for name, value in tensors.items()}


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    (GOLDENS / "gradients").mkdir(exist_ok=True)
    for spec in specs.SPECS:
        predicts = "CausalLM" in spec.model_class or "LMHead" in spec.model_class or "MaskedLM" in spec.model_class
        if spec.gguf or not predicts:
            continue
        model = getattr(transformers, spec.model_class).from_pretrained(
            GOLDENS / "parity" / spec.name, dtype=torch.float32, attn_implementation="eager").eval()
        save_file(gradients(spec, model), GOLDENS / "gradients" / f"{spec.name}.safetensors")
        print(spec.name)


if __name__ == "__main__":
    main()
