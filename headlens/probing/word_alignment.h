#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// Neighbouring tokens of a sequence.
struct TokenRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool empty() const { return begin == end; }
  friend bool operator==(const TokenRange&, const TokenRange&) = default;
};

/// The tokens that stand for each word: those whose span shares a character with the word's, which
/// a token may do with two words. Tokens that the tokenizer added stand for none. A word that no
/// token stands for (the tokenizer drops some characters) gets an empty range.
/// @param words  spans in the encoded text, in any order
std::vector<TokenRange> align_words(const Encoding& encoding, std::span<const CharSpan> words);

/// How the states of several tokens become one.
enum class Pooling : std::uint8_t {
  last,  ///< of the last token: what a causal model knows when it has read the word
  first,
  mean,
  max,  ///< the largest value of each dimension
  cls,  ///< of the special token that the sequence begins with; of sentences only
};

std::string to_string(Pooling pooling);
std::optional<Pooling> parse_pooling(std::string_view name);

/// The one token whose state is the pooled one; none if several have a part in it.
/// @param tokens  not empty
std::optional<std::int64_t> only_pooled_token(TokenRange tokens, Pooling pooling);

/// @param states  [token, width] of a whole sequence, in C order
/// @param tokens  not empty
/// @param out     [width]
void pool(const float* states, std::int64_t width, TokenRange tokens, Pooling pooling, float* out);

}  // namespace headlens
