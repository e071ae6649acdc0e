#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headlens/models/block/block_spec.h"

namespace headlens {

/// What a model computes from its last hidden states.
enum class OutputKind : std::uint8_t {
  next_token,        ///< logits over the vocabulary for the token after each position
  masked_token,      ///< logits over the vocabulary for the token at each position
  sequence_classes,  ///< one row of class logits a sequence
  token_classes,     ///< one row of class logits a position
  hidden_states,     ///< nothing: the model is an encoder without a head
};

/// Which of its inputs a classification head reads and how.
struct ClassifierSpec {
  bool has_dense = false;  ///< a dense layer before the last one
  Activation activation = Activation::tanh;
  std::vector<std::string> labels;
};

/// Everything that tells one model from another, without its weights.
struct ModelSpec {
  std::string family;  ///< "gpt2", "gpt_neox", "llama", "bert"
  std::int64_t d_model = 0;
  std::int64_t vocab_size = 0;
  std::int64_t n_context = 0;  ///< longest prompt, in tokens

  std::int64_t position_rows = 0;    ///< rows of the learned position table; 0: none
  std::int64_t position_offset = 0;  ///< row of position 0 (RoBERTa: 2)
  std::int64_t type_rows = 0;        ///< rows of the token type table; 0: none
  bool embedding_norm = false;       ///< a norm after the embeddings are summed (BERT)
  bool final_norm = true;            ///< a norm before the unembedding

  OutputKind output = OutputKind::next_token;
  bool tied_unembedding = false;
  /// Masked models put dense, activation and norm before the unembedding.
  std::optional<Activation> prediction_transform;
  std::optional<ClassifierSpec> classifier;

  std::vector<BlockSpec> blocks;

  int n_layers() const { return static_cast<int>(blocks.size()); }
  const BlockSpec& block() const { return blocks.front(); }
  bool predicts_tokens() const {
    return output == OutputKind::next_token || output == OutputKind::masked_token;
  }
};

}  // namespace headlens
