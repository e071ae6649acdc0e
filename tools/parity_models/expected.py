"""What Transformers computes: float32, eager attention, each sequence alone."""

import torch

LENGTHS = (11, 7)
FIRST_ORDINARY_ID = 5


def sequences(spec):
    """Token ids [length] of each sequence; repeats are wanted, special ids are not."""
    generator = torch.Generator().manual_seed(len(spec.name) * 1009 + 17)
    return [torch.randint(FIRST_ORDINARY_ID, spec.config["vocab_size"], (n,), generator=generator)
            for n in LENGTHS]


def inputs_for(spec, ids):
    inputs = {"input_ids": ids[None]}
    if spec.model_class.startswith("Bert"):
        segments = torch.zeros_like(ids)
        segments[len(ids) // 2:] = 1
        inputs["token_type_ids"] = segments[None]
    return inputs


def final_norm(model):
    for path in ("transformer.ln_f", "gpt_neox.final_layer_norm", "model.norm"):
        try:
            return model.get_submodule(path)
        except AttributeError:
            continue
    return None


def run(model, inputs):
    """Named tensors without the batch dimension."""
    kept = {}
    norm = final_norm(model)
    handle = norm and norm.register_forward_pre_hook(
        lambda module, arguments: kept.update(final_residual=arguments[0][0].clone()))
    with torch.inference_mode():
        output = model(**inputs, output_hidden_states=True, output_attentions=True)
    if handle:
        handle.remove()
    for key in ("logits", "last_hidden_state", "pooler_output"):
        value = output.get(key)
        if value is not None:
            kept[key] = value[0]
    for layer, state in enumerate(output.hidden_states):
        kept[f"hidden_states.{layer}"] = state[0]
    for layer, pattern in enumerate(output.attentions):
        kept[f"attentions.{layer}"] = pattern[0]
    return {name: value.clone().contiguous() for name, value in kept.items()}


def expected_tensors(spec, model):
    """All of expected.safetensors, keys prefixed with "seq0." and "seq1."."""
    tensors = {}
    for index, ids in enumerate(sequences(spec)):
        inputs = inputs_for(spec, ids)
        for name, value in inputs.items():
            tensors[f"seq{index}.{name}"] = value[0].contiguous()
        for name, value in run(model, inputs).items():
            tensors[f"seq{index}.{name}"] = value.to(torch.float32)
    return tensors
