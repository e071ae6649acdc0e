#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "headlens/tokenizers/components.h"

namespace headlens {

/// What the small JSON files beside a Hugging Face vocabulary say. Absent files say nothing.
class HfSettings {
 public:
  /// @throws FormatError  if one of the files is not a JSON object
  explicit HfSettings(const std::filesystem::path& directory);

  /// "BertTokenizer" and the like: as tokenizer_config.json says, otherwise what the model_type of
  /// config.json implies; empty if neither is known.
  const std::string& tokenizer_class() const { return tokenizer_class_; }

  /// A member of tokenizer_config.json; empty if absent or null.
  /// @throws FormatError  if it is not a boolean
  std::optional<bool> flag(std::string_view name) const;

  /// The spelling of bos_token, cls_token and so on; empty if neither file names it.
  std::optional<std::string> special_token(std::string_view name) const;

  /// added_tokens: those that the files describe in full. absent_tokens: special tokens that are
  /// to be added only if the tokenizer does not have them. Both as build_tokenizer takes them.
  nlohmann::json added_tokens() const;
  nlohmann::json absent_tokens() const;

 private:
  const nlohmann::json* named_token(std::string_view name) const;

  std::filesystem::path directory_;
  nlohmann::json tokenizer_config_;
  nlohmann::json special_tokens_map_;
  nlohmann::json added_tokens_;
  std::string tokenizer_class_;
};

}  // namespace headlens
