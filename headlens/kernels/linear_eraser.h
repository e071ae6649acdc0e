#pragma once

#include <cstdint>
#include <vector>

#include "headlens/tensor/tensor.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// An affine map that takes a few directions out of a row of states and leaves the mean where it
/// is: x' = x - left right^T (x - mean), with left and right [width, rank]. It is an orthogonal
/// projection where left = right has orthonormal columns, else an oblique one.
struct LinearEraser {
  std::int64_t rank = 0;           ///< directions that are taken away; 0: none
  std::vector<double> mean = {};   ///< [width]
  std::vector<double> left = {};   ///< [rank, width], each direction in one piece
  std::vector<double> right = {};  ///< [rank, width]

  std::int64_t width() const { return static_cast<std::int64_t>(mean.size()); }

  /// @param row  [width], changed; sums are double
  void apply(float* row) const;
  /// @param x  [n_rows, width]
  /// @throws ShapeError  if x has another width
  Tensor apply(TensorView<const float, 2> x) const;
};

}  // namespace headlens
