#pragma once

#include <cstddef>
#include <string>

#include "headlens/results/attention_result.h"

namespace headlens {

/// Patterns in 8 bits for a page: byte b < 255 stands for b / 254, 255 for NaN. The error of a
/// weight within 0..1 is at most 1/508.
struct PackedAttention {
  int pool = 1;        ///< above 1, a cell is the largest of pool x pool weights
  int cells = 0;       ///< cells an axis: tokens / pool, rounded up
  bool lower = false;  ///< only key <= query is stored, since all other weights are 0
  bool missing = false;
  std::string bytes;  ///< [layer][head][query][key]
};

/// @param most_bytes  patterns are pooled until they take no more
/// @throws ShapeError  if the pattern disagrees with the layers or tokens
PackedAttention pack_attention(const AttentionResult& result, std::size_t most_bytes);

}  // namespace headlens
