#pragma once

#include <vector>

#include "headlens/learn/cross_validation.h"

namespace headlens {

struct CGridResult {
  std::vector<double> c;                        ///< as given, ascending
  std::vector<std::vector<double>> accuracies;  ///< [c][fold]
  std::vector<double> means;                    ///< by c
  double best_c = 0;                            ///< of the largest mean; of equal ones the smallest
  LogisticFit fit;                              ///< with best_c, on all rows
};

/// Chooses C by the accuracy on inner folds, as scikit-learn's GridSearchCV; each C starts from the
/// optimum of the one before, which changes no optimum.
/// @param problem  its c is not looked at
/// @throws UsageError  if there is no C, or as cross_validate()
CGridResult choose_c(TensorView<const float, 2> x, const LogisticProblem& problem,
                     const Folds& folds, std::vector<double> c,
                     const CrossValidationOptions& options = {});

}  // namespace headlens
