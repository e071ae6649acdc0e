"""Random weights that make every parameter matter."""

import copy
import zlib

import torch

EMBEDDING_STD = 0.8
BIAS_STD = 0.3
NORM_SPREAD = 0.2


def is_norm(name):
    return any(part in name.lower() for part in ("norm", "ln_1", "ln_2", "ln_f"))


def draw(name, shape, generator):
    noise = torch.randn(shape, generator=generator)
    if name.endswith("bias"):
        return noise * BIAS_STD
    if is_norm(name):
        return 1.0 + (torch.rand(shape, generator=generator) * 2 - 1) * NORM_SPREAD
    if "emb" in name or "wte" in name or "wpe" in name:
        return noise * EMBEDDING_STD
    return noise * (1.4 / min(shape) ** 0.5)


def randomise(model, seed_text):
    """Replaces every parameter of `model`; the same text gives the same weights."""
    generator = torch.Generator().manual_seed(zlib.crc32(seed_text.encode()))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(draw(name, tuple(parameter.shape), generator))


def make_model(spec):
    import transformers

    config = getattr(transformers, spec.config_class)(**copy.deepcopy(spec.config))
    config._attn_implementation = "eager"
    model = getattr(transformers, spec.model_class)(config).to(torch.float32).eval()
    randomise(model, spec.name)
    model.tie_weights()
    return model
