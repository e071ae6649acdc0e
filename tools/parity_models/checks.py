"""Proof that a tiny model is a fair test: its float32 noise is small, and no weight is idle."""

import copy

import torch

from . import expected

LARGEST_NOISE = 3e-5
SMALLEST_EFFECT = 1e-3


def outputs(spec, model):
    ids = expected.sequences(spec)[0]
    return expected.run(model, expected.inputs_for(spec, ids))


def largest_difference(left, right):
    return max((left[name].double() - right[name].double()).abs().max().item() for name in left)


def float32_noise(spec, model):
    """Largest difference between the float32 and the float64 run, over every recorded tensor."""
    double = copy.deepcopy(model).double()
    return largest_difference(outputs(spec, model), outputs(spec, double))


def idle_parameters(spec, model):
    """Names of the parameters whose reversal changes nothing that is recorded."""
    reference = outputs(spec, model)
    idle = []
    for name, parameter in model.named_parameters():
        kept = parameter.detach().clone()
        with torch.no_grad():
            parameter.copy_(kept.flip(0 if kept.shape[0] > 1 else -1))
        if largest_difference(reference, outputs(spec, model)) < SMALLEST_EFFECT:
            idle.append(name)
        with torch.no_grad():
            parameter.copy_(kept)
    return idle


def cannot_matter(name):
    """A key bias without rotary positions shifts a whole row of scores, which softmax ignores."""
    return name.endswith(("key.bias", "k_lin.bias"))


def check(spec, model):
    """Returns the noise; raises ValueError if the model would be a weak test."""
    noise = float32_noise(spec, model)
    if noise > LARGEST_NOISE:
        raise ValueError(f"{spec.name}: float32 and float64 differ by {noise:.1e}")
    idle = [name for name in idle_parameters(spec, model) if not cannot_matter(name)]
    if idle:
        raise ValueError(f"{spec.name}: these parameters change nothing: {', '.join(idle)}")
    return noise
