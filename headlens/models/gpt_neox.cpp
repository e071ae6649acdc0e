#include "headlens/models/gpt_neox.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/models/rotary_frequencies.h"

namespace headlens {
namespace {

/// Of each head's dimensions, from 0 to 1.
double rotary_share(const ConfigReader& config) {
  double share = config.number_or("rotary_pct", 0.25);
  const auto* settings = optional_object(config.json(), "rope_parameters", config.path());
  if (settings != nullptr) {
    share = optional_number(*settings, "partial_rotary_factor", config.path()).value_or(share);
  }
  if (share >= 0 && share <= 1) return share;
  throw FormatError(config.path(),
                    "rotary_pct is " + std::to_string(share) + ", but it is a share from 0 to 1");
}

ModelSpec read_config(const ConfigReader& config) {
  BlockSpec block;
  block.d_model = config.size("hidden_size");
  block.n_heads = config.size("num_attention_heads");
  block.n_kv_heads = block.n_heads;
  block.d_head = block.d_model / block.n_heads;
  block.d_mlp = config.size("intermediate_size");
  block.norm_epsilon = config.number_or("layer_norm_eps", 1e-5);
  block.activation = config.activation("hidden_act", "gelu");
  block.attention_scale = 1.0 / std::sqrt(static_cast<double>(block.d_head));
  block.parallel_residual = config.flag_or("use_parallel_residual", true);
  const auto n_rotary = static_cast<std::int64_t>(block.d_head * rotary_share(config));
  block.rotary = rotary_from_config(config, n_rotary, 10000.0);

  ModelSpec spec;
  spec.family = "gpt_neox";
  spec.d_model = block.d_model;
  spec.vocab_size = config.size("vocab_size");
  spec.n_context = config.size_or("max_position_embeddings", 2048);
  spec.blocks.assign(config.layer_count("num_hidden_layers"), block);
  return spec;
}

/// q, k and v lie head by head: [head][q | k | v][d_head].
LinearName head_part(LinearName fused, std::int64_t part, const BlockSpec& block) {
  const std::int64_t d_head = block.d_head;
  fused.stored_width = 3 * block.d_model;
  fused.stored_feature = [part, d_head](std::int64_t i) {
    return (i / d_head * 3 + part) * d_head + i % d_head;
  };
  return fused;
}

ModelNames name_tensors(ModelSpec& spec, const ConfigReader& config, const HasTensor& has) {
  const std::string prefix = has("gpt_neox.embed_in.weight") ? "gpt_neox." : "";
  const BlockSpec shape = spec.block();
  ModelNames names;
  names.token_embedding = prefix + "embed_in.weight";
  names.block = [prefix, shape](int layer) {
    const std::string h = prefix + "layers." + std::to_string(layer) + ".";
    const LinearName fused = linear_named(h + "attention.query_key_value");
    BlockNames block;
    block.ln1 = norm_named(h + "input_layernorm");
    block.ln2 = norm_named(h + "post_attention_layernorm");
    block.q = head_part(fused, 0, shape);
    block.k = head_part(fused, 1, shape);
    block.v = head_part(fused, 2, shape);
    block.attn_out = linear_named(h + "attention.dense");
    block.mlp_in = linear_named(h + "mlp.dense_h_to_4h");
    block.mlp_out = linear_named(h + "mlp.dense_4h_to_h");
    return block;
  };
  names.final_norm = norm_named(prefix + "final_layer_norm");
  spec.tied_unembedding = config.flag_or("tie_word_embeddings", false);
  names.unembedding.weight = spec.tied_unembedding ? names.token_embedding : "embed_out.weight";
  return names;
}

}  // namespace

const Family& gpt_neox_family() {
  static const Family family{"gpt_neox", read_config, name_tensors};
  return family;
}

}  // namespace headlens
