#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace headlens {

// Components of a tokenizer in the spelling of tokenizer.json.

/// How byte-level BPE splits text into words before it merges.
struct WordSplit {
  std::string regex = {};      ///< Oniguruma; empty: GPT-2's own
  bool single_digits = false;  ///< every digit is a word of its own
  bool add_prefix_space = false;
};

nlohmann::json byte_level_pre_tokenizer(const WordSplit& split);
nlohmann::json byte_level_decoder();
nlohmann::json nfc_normalizer();

/// GPT-4-like splits, by the models that introduced them.
extern const std::string_view kLlama3Split;
extern const std::string_view kQwen2Split;
extern const std::string_view kTekkenSplit;

/// BERT's cleaning of text; strip_accents follows lower_case when empty.
nlohmann::json bert_normalizer(bool lower_case, bool split_chinese,
                               std::optional<bool> strip_accents);
nlohmann::json bert_pre_tokenizer();
nlohmann::json wordpiece_decoder();

/// SentencePiece's U+2581 for spaces, with one before the text if `add_prefix_space`.
nlohmann::json metaspace_pre_tokenizer(bool add_prefix_space);
nlohmann::json metaspace_decoder(bool add_prefix_space);

/// A special token at an end of the text.
struct EndToken {
  std::string piece;
  std::int32_t id = 0;
};

/// Puts `first` before and `last` after the text, where given.
nlohmann::json surrounding_tokens(const std::optional<EndToken>& first,
                                  const std::optional<EndToken>& last);

/// RoBERTa's: <s> text </s>, with the spaces trimmed off the offsets.
nlohmann::json roberta_processor(const EndToken& cls, const EndToken& sep, bool trim_offsets,
                                 bool add_prefix_space);

struct AddedToken {
  std::string piece;
  bool special = true;
  bool normalized = false;
  bool left_strip = false;
  bool right_strip = false;
  bool single_word = false;
};

nlohmann::json added_token(const AddedToken& token);

}  // namespace headlens
