#include "headlens/models/gguf_model.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "headlens/base/errors.h"
#include "headlens/models/gguf_keys.h"
#include "headlens/models/gguf_rope.h"

namespace headlens {
namespace {

struct Architecture {
  std::string_view gguf;
  std::string_view model_type;
};

constexpr Architecture kArchitectures[] = {
    {"llama", "llama"}, {"qwen2", "qwen2"},      {"qwen3", "qwen3"},
    {"gpt2", "gpt2"},   {"gptneox", "gpt_neox"}, {"bert", "bert"},
};

std::string_view model_type(const GgufFile& file) {
  const std::string_view name = file.require_string("general.architecture");
  std::string supported;
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.gguf == name) return architecture.model_type;
    supported += (supported.empty() ? "" : ", ") + std::string(architecture.gguf);
  }
  throw UnsupportedError(file.path().string() + ": GGUF architecture \"" + std::string(name) +
                         "\" is not supported; supported are " + supported);
}

/// Rows of a table, before its shape is checked against the config.
std::int64_t table_rows(const GgufFile& file, const StoredTensor& table) {
  if (table.shape.empty()) throw FormatError(file.path(), table.name, "is no table");
  return table.shape.front();
}

std::int64_t vocabulary_rows(const GgufFile& file) {
  return table_rows(file, file.checkpoint().at("token_embd.weight"));
}

nlohmann::json llama_config(const ArchitectureKeys& keys) {
  const std::int64_t d_model = keys.size("embedding_length");
  const std::int64_t n_heads = keys.size("attention.head_count");
  const std::int64_t d_head = keys.integer_if("attention.key_length").value_or(d_model / n_heads);
  if (const std::int64_t rotated = rotary_dimensions(keys, d_head); rotated != d_head) {
    throw UnsupportedError(keys.file().path().string() + ": " + keys.full("rope.dimension_count") +
                           " is " + std::to_string(rotated) + "; only whole heads, here of " +
                           std::to_string(d_head) + ", are supported");
  }
  nlohmann::json config{
      {"hidden_size", d_model},
      {"head_dim", d_head},
      {"num_hidden_layers", keys.integer("block_count")},
      {"num_attention_heads", n_heads},
      {"num_key_value_heads", keys.integer_if("attention.head_count_kv").value_or(n_heads)},
      {"intermediate_size", keys.integer("feed_forward_length")},
      {"max_position_embeddings", keys.integer("context_length")},
      {"rms_norm_eps", keys.number("attention.layer_norm_rms_epsilon")},
  };
  add_rope_settings(config, keys);
  return config;
}

nlohmann::json gpt2_config(const ArchitectureKeys& keys) {
  return {{"n_embd", keys.integer("embedding_length")},
          {"n_layer", keys.integer("block_count")},
          {"n_head", keys.integer("attention.head_count")},
          {"n_inner", keys.integer("feed_forward_length")},
          {"n_positions", keys.integer("context_length")},
          {"layer_norm_epsilon", keys.number("attention.layer_norm_epsilon")}};
}

nlohmann::json gpt_neox_config(const ArchitectureKeys& keys) {
  const std::int64_t d_model = keys.size("embedding_length");
  const std::int64_t n_heads = keys.size("attention.head_count");
  const auto d_head = std::max<std::int64_t>(d_model / n_heads, 1);
  // Rounded up, so that its product with d_head does not fall below the whole number it was.
  const double share =
      std::nextafter(static_cast<double>(rotary_dimensions(keys, d_head)) / d_head, 1.0);
  nlohmann::json config{{"hidden_size", d_model},
                        {"num_hidden_layers", keys.integer("block_count")},
                        {"num_attention_heads", n_heads},
                        {"intermediate_size", keys.integer("feed_forward_length")},
                        {"max_position_embeddings", keys.integer("context_length")},
                        {"layer_norm_eps", keys.number("attention.layer_norm_epsilon")},
                        {"use_parallel_residual", keys.flag("use_parallel_residual")},
                        {"rotary_pct", share}};
  add_rope_settings(config, keys);
  return config;
}

nlohmann::json bert_config(const GgufFile& file, const ArchitectureKeys& keys) {
  nlohmann::json config{{"hidden_size", keys.integer("embedding_length")},
                        {"num_hidden_layers", keys.integer("block_count")},
                        {"num_attention_heads", keys.integer("attention.head_count")},
                        {"intermediate_size", keys.integer("feed_forward_length")},
                        {"max_position_embeddings", keys.integer("context_length")},
                        {"layer_norm_eps", keys.number("attention.layer_norm_epsilon")}};
  if (const auto* types = file.checkpoint().find("token_types.weight")) {
    config["type_vocab_size"] = table_rows(file, *types);
  }
  return config;
}

LinearName linear(const std::string& name, const HasTensor& has) {
  const std::string bias = name + ".bias";
  return {.weight = name + ".weight", .bias = has(bias) ? bias : ""};
}

NormName norm(const std::string& name, const HasTensor& has) {
  const std::string bias = name + ".bias";
  return {name + ".weight", has(bias) ? bias : ""};
}

/// llama.cpp's converter reorders the rows of Llama's q and k so that rotary pairs lie side by
/// side; this finds the stored row of Hugging Face's row i.
LinearName undo_rotary_pairs(LinearName name, std::int64_t d_head) {
  name.stored_feature = [d_head](std::int64_t i) {
    const std::int64_t head = i / d_head, within = i % d_head, half = d_head / 2;
    return head * d_head + within % half * 2 + within / half;
  };
  return name;
}

BlockNames block_names(const std::string& h, const BlockSpec& spec, bool paired,
                       const HasTensor& has) {
  BlockNames block;
  const bool post = spec.norm_place == NormPlace::post;
  block.ln1 = norm(h + (post ? "attn_output_norm" : "attn_norm"), has);
  block.ln2 = norm(h + (post ? "layer_output_norm" : "ffn_norm"), has);
  if (has(h + "attn_qkv.weight")) {
    const LinearName fused = linear(h + "attn_qkv", has);
    block.q = fused_part(fused, 0, spec.qkv_width());
    block.k = fused_part(fused, spec.q_width(), spec.qkv_width());
    block.v = fused_part(fused, spec.q_width() + spec.kv_width(), spec.qkv_width());
  } else {
    block.q = linear(h + "attn_q", has);
    block.k = linear(h + "attn_k", has);
    block.v = linear(h + "attn_v", has);
  }
  if (paired) {
    block.q = undo_rotary_pairs(std::move(block.q), spec.d_head);
    block.k = undo_rotary_pairs(std::move(block.k), spec.d_head);
  }
  if (spec.qk_norm) {
    block.q_norm = norm(h + "attn_q_norm", has);
    block.k_norm = norm(h + "attn_k_norm", has);
  }
  block.attn_out = linear(h + "attn_output", has);
  if (spec.gated_mlp) block.mlp_gate = linear(h + "ffn_gate", has);
  block.mlp_in = linear(h + "ffn_up", has);
  block.mlp_out = linear(h + "ffn_down", has);
  return block;
}

}  // namespace

nlohmann::json config_from_gguf(const GgufFile& file) {
  const std::string_view type = model_type(file);
  const ArchitectureKeys keys(file);
  nlohmann::json config;
  if (type == "gpt2") {
    config = gpt2_config(keys);
  } else if (type == "gpt_neox") {
    config = gpt_neox_config(keys);
  } else if (type == "bert") {
    config = bert_config(file, keys);
  } else {
    config = llama_config(keys);
  }
  config["model_type"] = std::string(type);
  config["vocab_size"] = vocabulary_rows(file);
  return config;
}

ModelNames names_in_gguf(ModelSpec& spec, const GgufFile& file) {
  const HasTensor has = [checkpoint = file.checkpoint()](std::string_view name) {
    return checkpoint.find(name) != nullptr;
  };
  ModelNames names;
  names.token_embedding = "token_embd.weight";
  names.position_embedding = "position_embd.weight";
  names.type_embedding = "token_types.weight";
  names.embedding_norm = norm("token_embd_norm", has);
  const bool paired = file.require_string("general.architecture") == "llama";
  names.block = [spec, paired, has](int layer) {
    return block_names("blk." + std::to_string(layer) + ".", spec.blocks[layer], paired, has);
  };
  names.final_norm = norm("output_norm", has);
  spec.tied_unembedding = !has("output.weight");
  names.unembedding.weight = spec.tied_unembedding ? names.token_embedding : "output.weight";
  return names;
}

}  // namespace headlens
