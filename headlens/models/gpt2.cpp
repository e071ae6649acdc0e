#include "headlens/models/gpt2.h"

#include <cmath>

namespace headlens {
namespace {

ModelSpec read_config(const ConfigReader& config) {
  BlockSpec block;
  block.d_model = config.size("n_embd");
  block.n_heads = config.size("n_head");
  block.n_kv_heads = block.n_heads;
  block.d_head = block.d_model / block.n_heads;
  block.d_mlp = config.size_or("n_inner", 4 * block.d_model);
  block.norm_epsilon = config.number_or("layer_norm_epsilon", 1e-5);
  block.activation = config.activation("activation_function", "gelu_new");
  const bool scaled = config.flag_or("scale_attn_weights", true);
  block.attention_scale = scaled ? 1.0 / std::sqrt(static_cast<double>(block.d_head)) : 1.0;

  ModelSpec spec;
  spec.family = "gpt2";
  spec.d_model = block.d_model;
  spec.vocab_size = config.size("vocab_size");
  spec.n_context = config.size_or("n_positions", 1024);
  spec.position_rows = spec.n_context;
  spec.blocks.assign(config.layer_count("n_layer"), block);
  if (config.flag_or("scale_attn_by_inverse_layer_idx", false)) {
    for (int l = 0; l < spec.n_layers(); ++l) spec.blocks[l].attention_scale /= l + 1;
  }
  return spec;
}

LinearName conv1d(const std::string& name) {
  return {.weight = name + ".weight", .bias = name + ".bias", .input_first = true};
}

ModelNames name_tensors(ModelSpec& spec, const ConfigReader& config, const HasTensor& has) {
  const std::string prefix = has("transformer.wte.weight") ? "transformer." : "";
  const std::int64_t d_model = spec.d_model;
  ModelNames names;
  names.token_embedding = prefix + "wte.weight";
  names.position_embedding = prefix + "wpe.weight";
  names.block = [prefix, d_model](int layer) {
    const std::string h = prefix + "h." + std::to_string(layer) + ".";
    BlockNames block;
    block.ln1 = norm_named(h + "ln_1");
    block.ln2 = norm_named(h + "ln_2");
    block.q = fused_part(conv1d(h + "attn.c_attn"), 0, 3 * d_model);
    block.k = fused_part(conv1d(h + "attn.c_attn"), d_model, 3 * d_model);
    block.v = fused_part(conv1d(h + "attn.c_attn"), 2 * d_model, 3 * d_model);
    block.attn_out = conv1d(h + "attn.c_proj");
    block.mlp_in = conv1d(h + "mlp.c_fc");
    block.mlp_out = conv1d(h + "mlp.c_proj");
    return block;
  };
  names.final_norm = norm_named(prefix + "ln_f");
  spec.tied_unembedding = config.flag_or("tie_word_embeddings", true);
  names.unembedding.weight = spec.tied_unembedding ? names.token_embedding : "lm_head.weight";
  return names;
}

}  // namespace

const Family& gpt2_family() {
  static const Family family{"gpt2", read_config, name_tensors};
  return family;
}

}  // namespace headlens
