#include "headlens/probing/word_alignment.h"

#include <algorithm>
#include <array>

namespace headlens {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"last", "first", "mean", "max", "cls"};

bool shares_a_character(CharSpan a, CharSpan b) { return a.begin < b.end && b.begin < a.end; }

}  // namespace

std::vector<TokenRange> align_words(const Encoding& encoding, std::span<const CharSpan> words) {
  std::vector<TokenRange> ranges;
  const auto count = static_cast<std::int64_t>(encoding.ids.size());
  std::int64_t from = 0;
  CharSpan before;
  for (const CharSpan word : words) {
    // Tokens follow the text, so that words in order need no second look at what lies before.
    if (word.begin < before.begin) from = 0;
    before = word;
    TokenRange range;
    for (std::int64_t t = from; t < count; ++t) {
      const CharSpan span = encoding.spans[t];
      if (encoding.special[t] != 0) continue;
      if (span.begin >= word.end) break;
      if (!shares_a_character(span, word)) continue;
      if (range.empty()) range.begin = from = t;
      range.end = t + 1;
    }
    ranges.push_back(range);
  }
  return ranges;
}

std::string to_string(Pooling pooling) { return std::string(kNames[static_cast<int>(pooling)]); }

std::optional<Pooling> parse_pooling(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Pooling>(found - kNames.begin());
}

std::optional<std::int64_t> only_pooled_token(TokenRange tokens, Pooling pooling) {
  if (pooling == Pooling::cls) return 0;
  if (pooling == Pooling::last) return tokens.end - 1;
  if (pooling == Pooling::first || tokens.end - tokens.begin == 1) return tokens.begin;
  return std::nullopt;
}

void pool(const float* states, std::int64_t width, TokenRange tokens, Pooling pooling, float* out) {
  const std::optional<std::int64_t> only = only_pooled_token(tokens, pooling);
  std::copy_n(states + only.value_or(tokens.begin) * width, width, out);
  if (only) return;
  for (std::int64_t t = tokens.begin + 1; t < tokens.end; ++t) {
    const float* row = states + t * width;
    for (std::int64_t i = 0; i < width; ++i) {
      out[i] = pooling == Pooling::max ? std::max(out[i], row[i]) : out[i] + row[i];
    }
  }
  if (pooling != Pooling::mean) return;
  const auto count = static_cast<float>(tokens.end - tokens.begin);
  for (std::int64_t i = 0; i < width; ++i) out[i] /= count;
}

}  // namespace headlens
