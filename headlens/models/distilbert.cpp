#include "headlens/models/distilbert.h"

#include "headlens/models/bert.h"

namespace headlens {
namespace {

ModelSpec read_config(const ConfigReader& config) {
  BlockSpec block;
  block.d_model = config.size("dim");
  block.n_heads = config.size("n_heads");
  block.d_mlp = config.size("hidden_dim");
  block.norm_epsilon = 1e-12;
  block.activation = config.activation("activation", "gelu");
  ModelSpec spec = encoder_spec(block, config.layer_count("n_layers"));
  spec.vocab_size = config.size("vocab_size");
  spec.position_rows = config.size("max_position_embeddings");
  spec.n_context = spec.position_rows;
  return spec;
}

void name_heads(ModelSpec& spec, ModelNames& names, const ConfigReader& config,
                const HasTensor& has) {
  if (has("vocab_transform.weight")) {
    spec.output = OutputKind::masked_token;
    spec.prediction_transform = spec.block().activation;
    spec.tied_unembedding = !has("vocab_projector.weight");
    names.prediction_dense = linear_named("vocab_transform");
    names.prediction_norm = norm_named("vocab_layer_norm");
    names.unembedding.weight =
        spec.tied_unembedding ? names.token_embedding : "vocab_projector.weight";
    names.unembedding.bias = "vocab_projector.bias";
  }
  if (has("classifier.weight")) {
    const bool dense = has("pre_classifier.weight");
    spec.output = dense ? OutputKind::sequence_classes : OutputKind::token_classes;
    spec.classifier = ClassifierSpec{
        .has_dense = dense, .activation = Activation::relu, .labels = config.labels()};
    if (dense) names.classifier_dense = linear_named("pre_classifier");
    names.classifier_out = linear_named("classifier");
  }
}

ModelNames name_tensors(ModelSpec& spec, const ConfigReader& config, const HasTensor& has) {
  const std::string prefix =
      has("distilbert.embeddings.word_embeddings.weight") ? "distilbert." : "";
  ModelNames names;
  names.token_embedding = prefix + "embeddings.word_embeddings.weight";
  names.position_embedding = prefix + "embeddings.position_embeddings.weight";
  names.embedding_norm = norm_named(prefix + "embeddings.LayerNorm");
  names.block = [prefix](int layer) {
    const std::string h = prefix + "transformer.layer." + std::to_string(layer) + ".";
    BlockNames block;
    block.ln1 = norm_named(h + "sa_layer_norm");
    block.ln2 = norm_named(h + "output_layer_norm");
    block.q = linear_named(h + "attention.q_lin");
    block.k = linear_named(h + "attention.k_lin");
    block.v = linear_named(h + "attention.v_lin");
    block.attn_out = linear_named(h + "attention.out_lin");
    block.mlp_in = linear_named(h + "ffn.lin1");
    block.mlp_out = linear_named(h + "ffn.lin2");
    return block;
  };
  name_heads(spec, names, config, has);
  return names;
}

}  // namespace

const Family& distilbert_family() {
  static const Family family{"distilbert", read_config, name_tensors};
  return family;
}

}  // namespace headlens
