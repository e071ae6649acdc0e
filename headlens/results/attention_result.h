#pragma once

#include <vector>

#include "headlens/results/provenance.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Softmax attention patterns of one prompt.
struct AttentionResult {
  Provenance provenance;
  PromptTokens prompt;
  std::vector<int> layers;  ///< model layer of each index of the first axis
  Tensor pattern_LHQK;      ///< [layer, head, query, key]; each row sums to 1
};

}  // namespace headlens
