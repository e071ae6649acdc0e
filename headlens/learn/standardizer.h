#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/tensor/tensor.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Mean and standard deviation of each column, of the training rows alone; as scikit-learn's
/// StandardScaler, which leaves columns that are constant to rounding at their scale.
struct Standardizer {
  std::vector<double> mean;       ///< [n_columns]
  std::vector<double> deviation;  ///< [n_columns], of the population (n below); 1 where constant

  /// @param row_weights  [n_rows], or empty for 1 everywhere; rows of weight 0 are not looked at
  /// @throws UsageError  if no row has a weight
  /// @throws ShapeError  if there are not as many weights as rows
  static Standardizer fit(TensorView<const float, 2> x, std::span<const float> row_weights = {});

  /// (x - mean) / deviation.
  /// @throws ShapeError  if x has another number of columns
  Tensor transform(TensorView<const float, 2> x) const;
};

}  // namespace headlens
