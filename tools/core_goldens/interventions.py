"""Logits of tiny models with one place edited. What each edit does is told in EDITS; the tests of
headlens/run make the same edits at the hook sites of the same names."""

from dataclasses import dataclass

import torch
import transformers
from safetensors.torch import load_file
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS


@dataclass(frozen=True)
class Modules:
    """Paths of the modules of a family; {} is the layer."""

    model_class: str
    embedding: str
    block: str
    attention: str
    attention_out: str
    values: str
    mlp_out: str


MODELS = {
    "gpt2": Modules("GPT2LMHeadModel", "transformer.wte", "transformer.h.{}", "transformer.h.{}.attn",
                    "transformer.h.{}.attn.c_proj", "", "transformer.h.{}.mlp.c_proj"),
    "llama": Modules("LlamaForCausalLM", "model.embed_tokens", "model.layers.{}",
                     "model.layers.{}.self_attn", "model.layers.{}.self_attn.o_proj",
                     "model.layers.{}.self_attn.v_proj", "model.layers.{}.mlp.down_proj"),
    "bert_masked_lm": Modules("BertForMaskedLM", "bert.embeddings.word_embeddings",
                              "bert.encoder.layer.{}", "bert.encoder.layer.{}.attention.self",
                              "bert.encoder.layer.{}.attention.output.dense",
                              "bert.encoder.layer.{}.attention.self.value",
                              "bert.encoder.layer.{}.output.dense"),
}


class Attention:
    """Softmax attention written out, with places to edit. Called by Transformers' modules."""

    def __init__(self):
        self.edited_module = None
        self.edits = {}

    def __call__(self, module, query, key, value, attention_mask, scaling=None, **_):
        edits = self.edits if module is self.edited_module else {}
        groups = query.shape[1] // key.shape[1]
        key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
        if "rot_q" in edits:
            query = edits["rot_q"](query.clone())
        scores = query @ key.transpose(-1, -2) * (scaling or query.shape[-1] ** -0.5)
        if module.is_causal:
            length = scores.shape[-1]
            above = torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)
            scores = scores.masked_fill(above, float("-inf"))
        if "scores" in edits:
            scores = edits["scores"](scores)
        pattern = torch.softmax(scores, dim=-1)
        if "pattern" in edits:
            pattern = edits["pattern"](pattern.clone())
        return (pattern @ value).transpose(1, 2), pattern


def uniform_row(pattern):
    """Head 2, query 6 looks at keys 0..6 alike."""
    pattern[:, 2, 6] = 0
    pattern[:, 2, 6, :7] = 1 / 7
    return pattern


def halve_head(query):
    query[:, 1] *= 0.5
    return query


def push_to_first_key(scores):
    scores = scores.clone()
    scores[:, 0, :, 0] += 1.5
    return scores


class Edited:
    """A model with its inputs, run with one edit at a time."""

    def __init__(self, folder, modules):
        self.modules = modules
        self.attention = Attention()
        ALL_ATTENTION_FUNCTIONS.register("written_out", self.attention)
        model_class = getattr(transformers, modules.model_class)
        self.model = model_class.from_pretrained(folder, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
        self.model.set_attn_implementation("written_out")
        expected = load_file(folder / "expected.safetensors")
        names = [name for name in ("input_ids", "token_type_ids") if f"seq0.{name}" in expected]
        self.inputs = {name: expected[f"seq0.{name}"].to(torch.int64)[None] for name in names}
        self.plain = expected["seq0.logits"]
        self.width = model_class.config_class.from_pretrained(folder).hidden_size

    def module(self, path, layer=None):
        return self.model.get_submodule(path.format(layer))

    def logits(self):
        with torch.inference_mode():
            return self.model(**self.inputs).logits[0].clone()

    def with_input(self, module, change):
        """The logits where `module` reads change(its input)."""
        handle = module.register_forward_pre_hook(
            lambda _, args, kwargs: ((change(args[0].clone()), *args[1:]), kwargs)
            if args else (args, kwargs | {"hidden_states": change(kwargs["hidden_states"].clone())}),
            with_kwargs=True)
        try:
            return self.logits()
        finally:
            handle.remove()

    def with_output(self, module, change):
        handle = module.register_forward_hook(lambda _, args, output: change(output.clone()))
        try:
            return self.logits()
        finally:
            handle.remove()

    def with_attention(self, layer, place, change):
        self.attention.edited_module = self.module(self.modules.attention, layer)
        self.attention.edits = {place: change}
        try:
            return self.logits()
        finally:
            self.attention.edits = {}

    def d_head(self):
        config = self.model.config
        return getattr(config, "head_dim", None) or self.width // config.num_attention_heads


def edits(edited):
    """Name of edit -> logits [pos, vocabulary]."""
    modules, d_head = edited.modules, edited.d_head()
    vector = torch.linspace(-0.6, 0.9, edited.width)

    def zero_head(z, head=1):
        z[..., head * d_head:(head + 1) * d_head] = 0
        return z

    results = {
        "vector": vector,
        "z_zeroed": edited.with_input(edited.module(modules.attention_out, 1), zero_head),
        "resid_pre_steered": edited.with_input(edited.module(modules.block, 1),
                                               lambda x: x + vector),
        "pattern_uniform": edited.with_attention(0, "pattern", uniform_row),
        "scores_pushed": edited.with_attention(1, "scores", push_to_first_key),
        "mlp_post_scaled": edited.with_input(edited.module(modules.mlp_out, 0), lambda x: x * 0.4),
        "mlp_out_negated": edited.with_output(edited.module(modules.mlp_out, 0), torch.neg),
        "attn_out_doubled": edited.with_output(edited.module(modules.attention_out, 0),
                                               lambda x: x * 2),
        "embed_scaled": edited.with_output(edited.module(modules.embedding), lambda x: x * 0.7),
    }
    if edited.model.config.model_type == "llama":
        results["rot_q_halved"] = edited.with_attention(0, "rot_q", halve_head)
    if modules.values:
        results["v_zeroed"] = edited.with_output(edited.module(modules.values, 0), zero_head)
    return results


def edited_logits(folder, name):
    edited = Edited(folder, MODELS[name])
    torch.testing.assert_close(edited.logits(), edited.plain, atol=2e-5, rtol=1e-5)
    results = edits(edited)
    for edit, logits in results.items():
        if edit == "vector":
            continue
        change = (logits - edited.plain).abs().max().item()
        assert change > 0.01, f"{name}: {edit} changes nothing"
    return {edit: tensor.contiguous() for edit, tensor in results.items()}
