#pragma once

#include "headlens/results/attention_result.h"

namespace headlens {

/// The patterns of one model layer, [head, query, key].
/// @throws ShapeError  if the pattern disagrees with the layers or tokens
/// @throws UsageError  if the layer is not in the result
TensorView<const float, 3> patterns_of_layer(const AttentionResult& result, int layer);

/// One head's pattern, [query, key].
/// @throws UsageError  also if the head does not exist
TensorView<const float, 2> pattern_of_head(const AttentionResult& result, int layer, int head);

}  // namespace headlens
