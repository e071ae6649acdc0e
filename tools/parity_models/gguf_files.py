"""GGUF files as llama.cpp's converter would write them, and the model that they stand for."""

import copy

import gguf
import numpy as np
import torch
import transformers
from gguf.quants import dequantize, quantize

from . import weights

LLAMA_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "model.layers": "blk",
}
GPT2_NAMES = {
    "transformer.wte": "token_embd", "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm", "transformer.h": "blk", "ln_1": "attn_norm",
    "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}
NEOX_NAMES = {
    "gpt_neox.embed_in": "token_embd", "gpt_neox.final_layer_norm": "output_norm",
    "lm_head": "output", "gpt_neox.layers": "blk", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output", "mlp.dense_h_to_4h": "ffn_up",
    "mlp.dense_4h_to_h": "ffn_down",
}
BERT_NAMES = {
    "embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm",
    "encoder.layer": "blk", "attention.self.query": "attn_q", "attention.self.key": "attn_k",
    "attention.self.value": "attn_v", "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm", "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}
FAMILIES = {"LlamaConfig": ("llama", LLAMA_NAMES), "Qwen2Config": ("qwen2", LLAMA_NAMES),
            "GPT2Config": ("gpt2", GPT2_NAMES), "GPTNeoXConfig": ("gptneox", NEOX_NAMES),
            "BertConfig": ("bert", BERT_NAMES)}


def gguf_name(name, names):
    for old in sorted(names, key=len, reverse=True):
        name = name.replace(old + ".", names[old] + ".")
    return name


def interleave_rotary_pairs(weight, heads):
    """Rows of each head from Hugging Face's (i, i + half) rotary pairs to llama.cpp's (2i, 2i + 1)."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def stored_form(spec, name, value):
    """The array as llama.cpp's converter lays it out."""
    if spec.config_class == "LlamaConfig" and "q_proj" in name:
        return interleave_rotary_pairs(value, spec.config["num_attention_heads"])
    if spec.config_class == "LlamaConfig" and "k_proj" in name:
        return interleave_rotary_pairs(value, spec.config["num_key_value_heads"])
    if "query_key_value" in name:
        heads = spec.config["num_attention_heads"]
        by_head = value.reshape(heads, 3, value.shape[0] // heads // 3, *value.shape[1:])
        return np.concatenate([by_head[:, part].reshape(-1, *value.shape[1:]) for part in range(3)])
    if ".c_" in name and name.endswith("weight"):
        return np.ascontiguousarray(value.T)
    return value


def hugging_face_form(spec, name, value):
    """The inverse of stored_form, written apart from it."""
    if spec.config_class == "LlamaConfig" and ("q_proj" in name or "k_proj" in name):
        heads = spec.config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
        size = value.shape[0] // heads
        rows = [head * size + row for head in range(heads)
                for row in [*range(0, size, 2), *range(1, size, 2)]]
        return value[rows]
    if "query_key_value" in name:
        heads, width = spec.config["num_attention_heads"], value.shape[0] // 3
        size = width // heads
        rows = [part * width + head * size + row for head in range(heads) for part in range(3)
                for row in range(size)]
        return value[rows]
    if ".c_" in name and name.endswith("weight"):
        return value.T
    return value


def add_rope(writer, config):
    """Theta and scaling. Llama 3's scaling is a tensor (rope_freqs)."""
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] != "yarn":
        return
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    writer.add_rope_scaling_factor(rope["factor"])
    writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    for key, add in (("attention_factor", writer.add_rope_scaling_yarn_attn_factor),
                     ("beta_fast", writer.add_rope_scaling_yarn_beta_fast),
                     ("beta_slow", writer.add_rope_scaling_yarn_beta_slow),
                     ("mscale_all_dim", writer.add_rope_scaling_yarn_log_mul)):
        if rope.get(key) is not None:
            add(rope[key])


def rope_freqs(config):
    """What divides each pair's frequency, as llama.cpp's converter computes it; None if nothing."""
    rope = config.rope_parameters
    if rope["rope_type"] != "llama3":
        return None
    size = config.hidden_size // config.num_attention_heads
    context = rope["original_max_position_embeddings"]
    longest, shortest = context / rope["low_freq_factor"], context / rope["high_freq_factor"]
    factors = []
    for pair in range(size // 2):
        wavelength = 2 * np.pi * rope["rope_theta"] ** (2 * pair / size)
        if wavelength < shortest:
            factors.append(1)
        elif wavelength > longest:
            factors.append(rope["factor"])
        else:
            smooth = ((context / wavelength - rope["low_freq_factor"])
                      / (rope["high_freq_factor"] - rope["low_freq_factor"]))
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def make_config(spec):
    return getattr(transformers, spec.config_class)(**copy.deepcopy(spec.config))


def add_metadata(writer, spec):
    config = make_config(spec)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    if spec.config_class == "GPT2Config":
        writer.add_feed_forward_length(config.n_inner)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    writer.add_feed_forward_length(config.intermediate_size)
    if spec.config_class == "BertConfig":
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.NONE)
        return
    size = config.hidden_size // config.num_attention_heads
    if spec.config_class == "GPTNeoXConfig":
        add_rope(writer, config)
        writer.add_rope_dimension_count(int(spec.config["rotary_pct"] * size))
        writer.add_parallel_residual(config.use_parallel_residual)
        writer.add_layer_norm_eps(config.layer_norm_eps)
        return
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    add_rope(writer, config)
    writer.add_rope_dimension_count(size)


def is_stored(name):
    return "pooler" not in name


def save_gguf(spec, path):
    """Writes the file and returns the model whose weights are those that it holds."""
    model = weights.make_model(spec)
    architecture, names = FAMILIES[spec.config_class]
    writer = gguf.GGUFWriter(str(path), architecture)
    add_metadata(writer, spec)
    writer.add_file_type(gguf.LlamaFileType["MOSTLY_" + spec.gguf if spec.gguf != "F32" else "ALL_F32"])
    if spec.config_class == "LlamaConfig" and (factors := rope_freqs(make_config(spec))) is not None:
        writer.add_tensor("rope_freqs.weight", factors)
    held = {}
    for name, parameter in model.named_parameters():
        if not is_stored(name):
            continue
        array = np.ascontiguousarray(stored_form(spec, name, parameter.detach().numpy()))
        kind = gguf.GGMLQuantizationType["F32" if array.ndim == 1 else spec.gguf]
        data = quantize(array, kind)
        writer.add_tensor(gguf_name(name, names), data, raw_dtype=kind)
        held[name] = hugging_face_form(spec, name, dequantize(data, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if hasattr(model, "pooler"):
        model.pooler = None
    state = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in held.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or [name for name in missing if name != "lm_head.weight"]:
        raise ValueError(f"{spec.name}: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model
