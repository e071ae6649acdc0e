#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// A tokenizer taken apart: its vocabulary, and around it what tokenizer.json calls components.
/// Views must live until build_tokenizer returns.
struct TokenizerParts {
  enum class Model { bpe, wordpiece };

  Model model = Model::bpe;
  std::vector<std::string_view> pieces;  ///< UTF-8
  std::vector<std::int32_t> ids;         ///< of each piece; empty if piece i has id i
  std::vector<std::pair<std::string_view, std::string_view>> merges;  ///< best first
  std::string unknown;         ///< the piece for what nothing else spells; empty for none
  bool byte_fallback = false;  ///< what no piece spells becomes <0xHH> pieces
  bool fuse_unknown = false;
  bool ignore_merges = false;  ///< a whole word that is a piece stays whole
  /// Members as in tokenizer.json: normalizer, pre_tokenizer, post_processor, decoder (absent or
  /// null for none) and added_tokens; and absent_tokens, added where they are not yet.
  nlohmann::json components = nlohmann::json::object();
};

/// @param origin_for_errors  the file that messages name
/// @throws FormatError  if the parts do not fit together
Tokenizer build_tokenizer(const TokenizerParts& parts, std::string origin_for_errors);

/// A tokenizer.json with changes.
/// @param changes  any members that `components` may have; and `amend`, a list of steps whose
/// fields
///                 replace those of the step with the same type, where there is one
/// @throws FormatError  if `json` is not a tokenizer or the changes do not fit it
Tokenizer build_tokenizer(std::string_view json, const nlohmann::json& changes,
                          std::string origin_for_errors);

}  // namespace headlens
