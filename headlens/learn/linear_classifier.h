#pragma once

#include <cstdint>
#include <vector>

#include "headlens/tensor/view.h"

namespace headlens {

/// Scores x W^T + b of each class. Two classes have one score, which speaks for the second, as
/// scikit-learn's coef_ has.
struct LinearClassifier {
  std::vector<std::int32_t> classes;  ///< labels, ascending; two at least
  std::int64_t n_columns = 0;
  std::vector<double> weights;     ///< [n_scores, n_columns]
  std::vector<double> intercepts;  ///< [n_scores]

  std::int64_t n_scores() const { return static_cast<std::int64_t>(intercepts.size()); }
  bool is_binary() const { return classes.size() == 2; }

  /// [row, class], of both classes where there are two (the first's is 0), summed in double.
  /// @throws ShapeError  if x has another number of columns
  std::vector<double> scores(TensorView<const float, 2> x) const;
  /// The label with the largest score; of equal ones the first.
  std::vector<std::int32_t> predict(TensorView<const float, 2> x) const;
  /// Probabilities [row, class].
  std::vector<double> probabilities(TensorView<const float, 2> x) const;
};

}  // namespace headlens
