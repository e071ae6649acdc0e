#pragma once

#include <cstdint>
#include <vector>

#include "headlens/learn/folds.h"
#include "headlens/learn/logistic_regression.h"

namespace headlens {

struct CrossValidationOptions {
  LogisticOptions fit = {};
  /// Columns standardised by the training rows of each fold.
  bool standardize = false;
};

struct CrossValidation {
  std::vector<double> accuracies;  ///< by fold
  double mean = 0;
  double standard_deviation = 0;        ///< over folds, of the population (n below)
  std::vector<std::int32_t> predicted;  ///< [n_rows], each by the model that has not seen it
  std::vector<LogisticFit> fits;        ///< by fold
};

/// Fits each problem (a task, its control) on the training rows of every fold, all at once, and
/// tests it on the fold's own; rows of weight 0 are not counted. As scikit-learn's cross_val_score
/// on LogisticRegression.
/// @param starts  where each problem's folds start: of its fits, by fold; empty for zeros
/// @throws UsageError, ShapeError  as fit_logistic(), also if a fold leaves one class to train on
std::vector<CrossValidation> cross_validate(TensorView<const float, 2> x,
                                            std::span<const LogisticProblem> problems,
                                            const Folds& folds,
                                            const CrossValidationOptions& options = {},
                                            std::span<const CrossValidation> starts = {});

}  // namespace headlens
