#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/hooks/site.h"
#include "headlens/models/model_spec.h"
#include "headlens/probing/word_alignment.h"
#include "headlens/tensor/dtype.h"
#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// What one row of states belongs to.
enum class HarvestUnit : std::uint8_t {
  word,      ///< also spans
  token,     ///< every token of the text, with the labels of the first word it stands for
  sentence,  ///< also pairs, whose rows are the first text's state and then the second's
};

std::string to_string(HarvestUnit unit);
std::optional<HarvestUnit> parse_harvest_unit(std::string_view name);

struct HarvestOptions {
  std::vector<Site> sites = {};          ///< with a token axis: not scores and patterns
  std::optional<HarvestUnit> unit = {};  ///< what the corpus labels, if absent
  std::optional<Pooling> pooling = {};   ///< last for words, mean for sentences, if absent
  DType dtype = DType::f32;              ///< f32, f16 or bf16: of the files; runs are not changed
  SpecialTokens special_tokens = SpecialTokens::add;
  /// Leave out sentences longer than the model takes and words without a token, and count them;
  /// otherwise they are errors.
  bool skip_unfit = false;
  /// A shard ends with the sentence that reaches either. What is done of a shard is lost when work
  /// is killed; memory grows with both.
  std::int64_t shard_tokens = 16384;
  std::int64_t shard_bytes = std::int64_t{1} << 27;  ///< of its states in f32
  ProgressCallback progress = {};
};

/// Where hidden state `layer` is read: 0 is what the first block reads (the embeddings), n_layers
/// what the last block writes. Transformers' hidden_states, but for the last of a model with a
/// final norm, which Transformers gives after that norm and this before.
/// @throws UsageError  if layer is not 0 to n_layers
Site hidden_state_site(const ModelSpec& spec, int layer);

}  // namespace headlens
