#include "headlens/attention/token_attention.h"

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

std::string_view without_leading_space(std::string_view text) {
  return text.starts_with(' ') ? text.substr(1) : text;
}

/// The tokens for a one-line message: no control characters, and only the first of a long prompt.
std::string token_list(const PromptTokens& prompt) {
  constexpr std::size_t kLongest = 300;
  std::string list;
  for (const TokenInfo& token : prompt.tokens) {
    if (list.size() > kLongest) return list + " | ...";
    if (!list.empty()) list += " | ";
    for (const char c : token.text.substr(0, kLongest)) {
      list += c == '\n' ? "\\n" : static_cast<unsigned char>(c) < ' ' ? "?" : std::string(1, c);
    }
  }
  return list;
}

}  // namespace

int find_token(const PromptTokens& prompt, std::string_view word, bool last) {
  int found = -1;
  for (std::size_t i = 0; i < prompt.tokens.size(); ++i) {
    const std::string& text = prompt.tokens[i].text;
    if (without_leading_space(text) != without_leading_space(word)) continue;
    if (found < 0 || last) found = static_cast<int>(i);
  }
  if (found < 0) {
    throw UsageError("no token of the prompt is \"" + std::string(word) + "\"; its tokens are " +
                     token_list(prompt));
  }
  return found;
}

std::vector<HeadWeight> heads_attending(const AttentionResult& attention, int query, int key,
                                        double threshold) {
  const auto pattern_LHQK = attention.pattern_LHQK.view<4>();
  std::vector<HeadWeight> heads;
  for (std::int64_t l = 0; l < pattern_LHQK.size(0); ++l) {
    for (std::int64_t h = 0; h < pattern_LHQK.size(1); ++h) {
      const double weight = pattern_LHQK(l, h, query, key);
      if (weight > threshold) heads.push_back({attention.layers[l], static_cast<int>(h), weight});
    }
  }
  std::ranges::stable_sort(heads, std::greater<>(), &HeadWeight::weight);
  return heads;
}

}  // namespace headlens
