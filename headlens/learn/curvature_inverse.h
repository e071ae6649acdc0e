#pragma once

#include <cstdint>

#include "headlens/base/team.h"
#include "headlens/learn/curvature_sums.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// (sum over examples of w x x^T + the penalty)^-1, [n_features, n_features]: a cheap estimate of
/// the inverse Hessian of every class's column at once, w being the mean curvature of the example's
/// loss. It is what lets columns of ten thousands and of tenths converge together.
class CurvatureInverse {
 public:
  explicit CurvatureInverse(std::int64_t n_features);

  /// Takes a tile (of columns) of the inverse of sums that have been factored, which are written
  /// over. Different tiles may be taken by different threads.
  void take_tile(std::int64_t tile, CurvatureSums& sums);

  /// out[i, c] = sum over j of inverse[i, j] x[j, c] for rows i of the range; x has columns up to
  /// the next multiple of 16, and both have this stride.
  void apply(Range rows, const float* x, std::int64_t n_columns, std::int64_t stride,
             float* out) const;

 private:
  std::int64_t n_, stride_;
  AlignedBuffer<float> inverse_;
};

}  // namespace headlens
