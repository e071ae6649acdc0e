#pragma once

#include <cstdint>

#include "headlens/learn/class_coordinates.h"

namespace headlens {

/// Rows of one problem inside a block of logits.
struct SoftmaxRows {
  std::int64_t n_rows;
  const std::int32_t* classes;  ///< [n_rows], 0 .. n_classes - 1
  const float* weights;         ///< [n_rows]; rows of weight 0 are left out
  float* logits;                ///< in: [row, n_columns]; out: the loss's gradient of each
  std::int64_t stride;          ///< of logits, in elements
  /// [n_rows, n_classes], out: probabilities, less 1 for the row's own class; zeros for rows that
  /// are left out. Null where nobody asks.
  float* errors;
};

/// Room that softmax_loss() needs, in floats.
std::int64_t softmax_scratch_size(const ClassCoordinates& coordinates);

/// Weighted cross-entropy of the rows in nats. What an example lacks to probability one keeps its
/// digits, however small it is: near the optimum of a separable problem it is all there is.
double softmax_loss(const ClassCoordinates& coordinates, const SoftmaxRows& rows, float* scratch);

}  // namespace headlens
