#include "headlens/models/llama.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "headlens/formats/json_file.h"
#include "headlens/models/rotary_frequencies.h"

namespace headlens {
namespace {

/// Which layers see only a window of keys, as Transformers decides it.
bool is_sliding(const ConfigReader& config, std::int64_t layer) {
  const auto* types = optional_array(config.json(), "layer_types", config.path());
  if (types != nullptr && layer < static_cast<std::int64_t>(types->size())) {
    return (*types)[layer] == "sliding_attention";
  }
  if (config.text("model_type") == "mistral") return true;
  return config.flag_or("use_sliding_window", false) &&
         layer >= config.integer("max_window_layers").value_or(0);
}

ModelSpec read_config(const ConfigReader& config) {
  BlockSpec block;
  block.d_model = config.size("hidden_size");
  block.n_heads = config.size("num_attention_heads");
  block.n_kv_heads = config.size_or("num_key_value_heads", block.n_heads);
  block.d_head = config.size_or("head_dim", block.d_model / block.n_heads);
  block.d_mlp = config.size("intermediate_size");
  block.norm = NormKind::rms_norm;
  block.norm_epsilon = config.number_or("rms_norm_eps", 1e-6);
  block.activation = config.activation("hidden_act", "silu");
  block.gated_mlp = true;
  block.attention_scale = 1.0 / std::sqrt(static_cast<double>(block.d_head));
  block.qk_norm = config.text("model_type") == "qwen3";
  block.rotary = rotary_from_config(config, block.d_head, 10000.0);

  ModelSpec spec;
  spec.family = "llama";
  spec.d_model = block.d_model;
  spec.vocab_size = config.size("vocab_size");
  spec.n_context = config.size_or("max_position_embeddings", 2048);
  const std::int64_t n_layers = config.layer_count("num_hidden_layers");
  const auto window = config.integer("sliding_window");
  for (std::int64_t layer = 0; layer < n_layers; ++layer) {
    block.window = window && is_sliding(config, layer) ? window : std::nullopt;
    spec.blocks.push_back(block);
  }
  return spec;
}

LinearName linear(const std::string& name, bool bias) {
  return {.weight = name + ".weight", .bias = bias ? name + ".bias" : ""};
}

NormName norm(const std::string& name) { return {.weight = name + ".weight", .bias = ""}; }

ModelNames name_tensors(ModelSpec& spec, const ConfigReader& config, const HasTensor& has) {
  const std::string prefix = has("model.embed_tokens.weight") ? "model." : "";
  const bool is_qwen2 = config.text("model_type") == "qwen2";
  const bool attention_bias = config.flag_or("attention_bias", false);
  const bool mlp_bias = config.flag_or("mlp_bias", false);
  const bool qk_norm = spec.block().qk_norm;
  ModelNames names;
  names.token_embedding = prefix + "embed_tokens.weight";
  names.block = [=](int layer) {
    const std::string h = prefix + "layers." + std::to_string(layer) + ".";
    BlockNames block;
    block.ln1 = norm(h + "input_layernorm");
    block.ln2 = norm(h + "post_attention_layernorm");
    block.q = linear(h + "self_attn.q_proj", attention_bias || is_qwen2);
    block.k = linear(h + "self_attn.k_proj", attention_bias || is_qwen2);
    block.v = linear(h + "self_attn.v_proj", attention_bias || is_qwen2);
    if (qk_norm) {
      block.q_norm = norm(h + "self_attn.q_norm");
      block.k_norm = norm(h + "self_attn.k_norm");
    }
    block.attn_out = linear(h + "self_attn.o_proj", attention_bias);
    block.mlp_gate = linear(h + "mlp.gate_proj", mlp_bias);
    block.mlp_in = linear(h + "mlp.up_proj", mlp_bias);
    block.mlp_out = linear(h + "mlp.down_proj", mlp_bias);
    return block;
  };
  names.final_norm = norm(prefix + "norm");
  spec.tied_unembedding = config.flag_or("tie_word_embeddings", false);
  names.unembedding.weight = spec.tied_unembedding ? names.token_embedding : "lm_head.weight";
  return names;
}

}  // namespace

const Family& llama_family() {
  static const Family family{"llama", read_config, name_tensors};
  return family;
}

const Family& mistral_family() {
  static const Family family{"mistral", read_config, name_tensors};
  return family;
}

const Family& qwen2_family() {
  static const Family family{"qwen2", read_config, name_tensors};
  return family;
}

const Family& qwen3_family() {
  static const Family family{"qwen3", read_config, name_tensors};
  return family;
}

}  // namespace headlens
