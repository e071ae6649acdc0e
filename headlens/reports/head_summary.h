#pragma once

#include <vector>

#include "headlens/results/attention_result.h"

namespace headlens {

/// What one head does on this prompt, in a few numbers.
struct HeadSummary {
  int layer = 0;
  int head = 0;
  double first_share = 0;     ///< mean over queries i >= 1 of A[i, 0]
  double previous_share = 0;  ///< mean over queries i >= 1 of A[i, i-1]
  double entropy_nats = 0;    ///< mean over queries of the row's entropy
  /// The largest weight of a query on a key that is not a special token, the first token, the query
  /// itself or the token just before it; query and key are -1 if there is none.
  int query = -1;
  int key = -1;
  double weight = 0;
};

/// One summary a head, strongest link first.
/// @throws ShapeError  if the pattern disagrees with the layers or tokens
std::vector<HeadSummary> summarize_heads(const AttentionResult& result);

}  // namespace headlens
