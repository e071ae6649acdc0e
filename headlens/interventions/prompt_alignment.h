#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headlens {

/// For each token of one text, the position of the token of another that stands for the same; -1
/// where there is none. Common beginnings and ends are partners, and between them the longest
/// common subsequence. Of the tokens between two matches, as many as both texts have there are
/// partners by pairs from the end, because a causal model gathers a word in its last token; what
/// the longer one has before them has no partner. Partners ascend.
std::vector<std::int64_t> align_tokens(std::span<const std::int32_t> tokens,
                                       std::span<const std::int32_t> others);

/// The same seen from the other text.
std::vector<std::int64_t> inverse_alignment(std::span<const std::int64_t> partners,
                                            std::int64_t n_others);

}  // namespace headlens
