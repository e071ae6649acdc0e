#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/tensor/view.h"

namespace headlens {

struct RidgeOptions {
  double alpha = 1;  ///< strength of the penalty, as scikit-learn's Ridge
  /// [n_rows], or empty for 1 everywhere; rows of weight 0 are left out.
  std::span<const float> row_weights = {};
  /// As LogisticProblem::penalty_scales.
  std::span<const double> penalty_scales = {};
};

/// y = x W^T + b of each target.
struct RidgeFit {
  std::int64_t n_columns = 0;
  std::vector<double> weights;     ///< [n_targets, n_columns]
  std::vector<double> intercepts;  ///< [n_targets]

  /// [row, target]. @throws ShapeError  if x has another number of columns
  std::vector<double> predict(TensorView<const float, 2> x) const;
};

/// Minimises sum of weight * (y - x w - b)^2 + alpha ||w||^2 with a free intercept, in closed form
/// by Cholesky in double (Hoerl and Kennard 1970).
/// @param x  [n_rows, n_columns]
/// @param y  [n_rows, n_targets]
/// @throws UsageError  if a state or a target is not finite, no row has a weight, alpha is
/// negative,
///     or without a penalty columns depend on each other
/// @throws ShapeError  if rows, weights or scales do not fit
RidgeFit fit_ridge(TensorView<const float, 2> x, TensorView<const float, 2> y,
                   const RidgeOptions& options = {});

}  // namespace headlens
