#include "headlens/interventions/prompt_alignment.h"

#include <algorithm>

namespace headlens {
namespace {

using Tokens = std::span<const std::int32_t>;
using Partners = std::vector<std::int64_t>;

/// Lengths of the longest common subsequences of what is left from each pair of positions on.
class CommonLengths {
 public:
  CommonLengths(Tokens a, Tokens b) : width_(b.size() + 1), lengths_((a.size() + 1) * width_) {
    for (std::size_t i = a.size(); i-- > 0;) {
      for (std::size_t j = b.size(); j-- > 0;) {
        lengths_[i * width_ + j] =
            a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  std::int32_t at(std::size_t i, std::size_t j) const { return lengths_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::int32_t> lengths_;
};

void match_common(Tokens a, Tokens b, std::size_t offset, Partners& partners) {
  const CommonLengths lengths(a, b);
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      partners[offset + i++] = static_cast<std::int64_t>(offset + j++);
    } else if (lengths.at(i + 1, j) >= lengths.at(i, j + 1)) {
      ++i;
    } else {
      ++j;
    }
  }
}

/// Pairs what lies between two matches from the end of both.
void pair_differing(std::int64_t n_others, Partners& partners) {
  std::int64_t before = n_others;
  for (std::size_t i = partners.size(); i-- > 0;) {
    if (partners[i] >= 0) {
      before = partners[i];
      continue;
    }
    std::int64_t match = -1;
    for (std::size_t j = i; j-- > 0 && match < 0;) match = partners[j];
    if (before - 1 > match) partners[i] = --before;
  }
}

}  // namespace

std::vector<std::int64_t> align_tokens(Tokens tokens, Tokens others) {
  Partners partners(tokens.size(), -1);
  const std::size_t shorter = std::min(tokens.size(), others.size());
  std::size_t begin = 0, end = 0;
  while (begin < shorter && tokens[begin] == others[begin]) ++begin;
  while (end < shorter - begin &&
         tokens[tokens.size() - 1 - end] == others[others.size() - 1 - end]) {
    ++end;
  }
  for (std::size_t i = 0; i < begin; ++i) partners[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = 0; i < end; ++i) {
    partners[tokens.size() - 1 - i] = static_cast<std::int64_t>(others.size() - 1 - i);
  }
  match_common(tokens.subspan(begin, tokens.size() - begin - end),
               others.subspan(begin, others.size() - begin - end), begin, partners);
  pair_differing(std::ssize(others), partners);
  return partners;
}

std::vector<std::int64_t> inverse_alignment(std::span<const std::int64_t> partners,
                                            std::int64_t n_others) {
  Partners inverse(static_cast<std::size_t>(n_others), -1);
  for (std::size_t i = 0; i < partners.size(); ++i) {
    if (partners[i] >= 0) inverse[partners[i]] = static_cast<std::int64_t>(i);
  }
  return inverse;
}

}  // namespace headlens
