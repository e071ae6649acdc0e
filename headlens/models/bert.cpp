#include "headlens/models/bert.h"

#include <cmath>

namespace headlens {
namespace {

bool is_roberta(const ConfigReader& config) { return config.text("model_type") == "roberta"; }

ModelSpec read_config(const ConfigReader& config) {
  BlockSpec block;
  block.d_model = config.size("hidden_size");
  block.n_heads = config.size("num_attention_heads");
  block.d_mlp = config.size("intermediate_size");
  block.norm_epsilon = config.number_or("layer_norm_eps", 1e-12);
  block.activation = config.activation("hidden_act", "gelu");
  ModelSpec spec = encoder_spec(block, config.layer_count("num_hidden_layers"));
  spec.vocab_size = config.size("vocab_size");
  spec.position_rows = config.size("max_position_embeddings");
  spec.position_offset = is_roberta(config) ? config.integer("pad_token_id").value_or(1) + 1 : 0;
  spec.n_context = spec.position_rows - spec.position_offset;
  spec.type_rows = config.size_or("type_vocab_size", 2);
  return spec;
}

/// Checkpoints from TensorFlow days call a norm's weight gamma and its bias beta.
NormName norm(const std::string& name, bool old_names) {
  if (old_names) return {name + ".gamma", name + ".beta"};
  return norm_named(name);
}

void name_masked_head(ModelSpec& spec, ModelNames& names, const HasTensor& has) {
  const bool roberta = has("lm_head.dense.weight");
  const std::string head = roberta ? "lm_head." : "cls.predictions.transform.";
  if (!has(head + "dense.weight")) return;
  const std::string decoder = roberta ? "lm_head.decoder" : "cls.predictions.decoder";
  const std::string bias = roberta ? "lm_head.bias" : "cls.predictions.bias";
  spec.output = OutputKind::masked_token;
  spec.prediction_transform = roberta ? Activation::gelu : spec.block().activation;
  spec.tied_unembedding = !has(decoder + ".weight");
  names.prediction_dense = linear_named(head + "dense");
  const std::string head_norm = head + (roberta ? "layer_norm" : "LayerNorm");
  names.prediction_norm = norm(head_norm, has(head_norm + ".gamma"));
  names.unembedding.weight = spec.tied_unembedding ? names.token_embedding : decoder + ".weight";
  names.unembedding.bias = has(bias) ? bias : decoder + ".bias";
}

void name_classifier(ModelSpec& spec, ModelNames& names, const ConfigReader& config,
                     const std::string& prefix, const HasTensor& has) {
  ClassifierSpec classifier{
      .has_dense = true, .activation = Activation::tanh, .labels = config.labels()};
  const bool per_token = config.architecture().ends_with("ForTokenClassification");
  spec.output = per_token ? OutputKind::token_classes : OutputKind::sequence_classes;
  if (has("classifier.out_proj.weight")) {
    names.classifier_dense = linear_named("classifier.dense");
    names.classifier_out = linear_named("classifier.out_proj");
  } else {
    classifier.has_dense = !per_token;
    if (!per_token) names.classifier_dense = linear_named(prefix + "pooler.dense");
    names.classifier_out = linear_named("classifier");
  }
  spec.classifier = std::move(classifier);
}

ModelNames name_tensors(ModelSpec& spec, const ConfigReader& config, const HasTensor& has) {
  const std::string own = is_roberta(config) ? "roberta." : "bert.";
  const std::string prefix = has(own + "embeddings.word_embeddings.weight") ? own : "";
  const std::string embeddings = prefix + "embeddings.";
  ModelNames names;
  names.token_embedding = embeddings + "word_embeddings.weight";
  names.position_embedding = embeddings + "position_embeddings.weight";
  names.type_embedding = embeddings + "token_type_embeddings.weight";
  names.embedding_norm = norm(embeddings + "LayerNorm", has(embeddings + "LayerNorm.gamma"));
  const bool old_names = has(prefix + "encoder.layer.0.output.LayerNorm.gamma");
  names.block = [prefix, old_names](int layer) {
    const std::string h = prefix + "encoder.layer." + std::to_string(layer) + ".";
    BlockNames block;
    block.ln1 = norm(h + "attention.output.LayerNorm", old_names);
    block.ln2 = norm(h + "output.LayerNorm", old_names);
    block.q = linear_named(h + "attention.self.query");
    block.k = linear_named(h + "attention.self.key");
    block.v = linear_named(h + "attention.self.value");
    block.attn_out = linear_named(h + "attention.output.dense");
    block.mlp_in = linear_named(h + "intermediate.dense");
    block.mlp_out = linear_named(h + "output.dense");
    return block;
  };
  name_masked_head(spec, names, has);
  if (has("classifier.weight") || has("classifier.out_proj.weight")) {
    name_classifier(spec, names, config, prefix, has);
  }
  return names;
}

}  // namespace

ModelSpec encoder_spec(BlockSpec block, std::int64_t n_layers) {
  block.n_kv_heads = block.n_heads;
  block.d_head = block.d_model / block.n_heads;
  block.norm_place = NormPlace::post;
  block.attention_scale = 1.0 / std::sqrt(static_cast<double>(block.d_head));
  block.causal = false;

  ModelSpec spec;
  spec.family = "bert";
  spec.d_model = block.d_model;
  spec.embedding_norm = true;
  spec.final_norm = false;
  spec.output = OutputKind::hidden_states;
  spec.blocks.assign(n_layers, block);
  return spec;
}

const Family& bert_family() {
  static const Family family{"bert", read_config, name_tensors};
  return family;
}

const Family& roberta_family() {
  static const Family family{"roberta", read_config, name_tensors};
  return family;
}

}  // namespace headlens
