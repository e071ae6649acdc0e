#!/usr/bin/env python3
"""Makes the goldens of the tensor, kernels and run rooms' tests.

  tests/goldens/tensor/ggml_types.txt          name, numbers and bytes a block, from the gguf package
  tests/goldens/kernels/activations.safetensors  x, and each activation in float64, rounded once
  tests/goldens/kernels/bfloat16.safetensors   float32 numbers and what torch rounds them to
  tests/goldens/run/<model>.safetensors        logits of tests/goldens/parity/<model> with one place
                                               edited, by forward hooks of Transformers' modules and
                                               an attention written out in core_goldens/interventions.py

Needs the packages of tools/requirements-peers.txt.
"""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gguf
import torch
import transformers
from safetensors.torch import save_file

from core_goldens import interventions

GOLDENS = Path(__file__).resolve().parent.parent / "tests" / "goldens"
TYPES = ("F64 F32 F16 BF16 I64 I32 I16 I8 "
         "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K").split()


def ggml_types():
    rows = [(name, *gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]) for name in TYPES]
    return "".join(f"{name} {elements} {size}\n" for name, elements, size in rows)


def activation_points():
    """Dense around zero, then further and further out, to the largest numbers there are."""
    powers = torch.logspace(-44, 38, 250, dtype=torch.float64)
    points = torch.cat([torch.linspace(-12, 12, 1201, dtype=torch.float64), powers, -powers,
                        torch.linspace(-120, 120, 301, dtype=torch.float64),
                        torch.tensor([0.0, -0.0, 3.4028235e38, -3.4028235e38])])
    return points.to(torch.float32)


def activations():
    x = activation_points()
    wide = x.to(torch.float64)
    f = torch.nn.functional
    values = dict(gelu=f.gelu(wide), gelu_tanh=f.gelu(wide, approximate="tanh"),
                  relu=f.relu(wide), silu=f.silu(wide), tanh=torch.tanh(wide))
    return {"x": x} | {name: value.to(torch.float32) for name, value in values.items()}


def bfloat16():
    """Every sign and exponent with fractions around each kind of rounding: ties to even and to
    odd, one above and below a tie, carries into the exponent; infinities and NaNs with them."""
    fractions = [0x0, 0x1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x10000, 0x17fff, 0x18000, 0x18001,
                 0x3fffff, 0x400000, 0x7f7fff, 0x7f8000, 0x7f8001, 0x7fffff]
    bits = [sign << 31 | exponent << 23 | fraction
            for sign in (0, 1) for exponent in range(256) for fraction in fractions]
    signed = [value - (1 << 32) if value >> 31 else value for value in bits]
    x = torch.tensor(signed, dtype=torch.int32).view(torch.float32)
    return {"x": x, "rounded": x.to(torch.bfloat16)}


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for room in ("tensor", "kernels", "run"):
        (GOLDENS / room).mkdir(exist_ok=True)
    (GOLDENS / "tensor" / "ggml_types.txt").write_text(ggml_types())
    save_file(activations(), GOLDENS / "kernels" / "activations.safetensors")
    save_file(bfloat16(), GOLDENS / "kernels" / "bfloat16.safetensors")
    for name in interventions.MODELS:
        tensors = interventions.edited_logits(GOLDENS / "parity" / name, name)
        save_file(tensors, GOLDENS / "run" / f"{name}.safetensors")


if __name__ == "__main__":
    main()
