#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "headlens/kernels/linear_eraser.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Rows that decide when nothing is left to take away.
struct InlpCheck {
  TensorView<const float, 2> x = {};
  std::span<const std::int32_t> labels = {};
};

struct InlpOptions {
  int max_rounds = 35;
  /// Stops before the round whose classifier is no more than this better than the share of the
  /// largest class, on the rows of `check`.
  double tolerance = 0.01;
  /// Other rows than those that classifiers are trained on; of those, if it has none.
  InlpCheck check = {};
  double c = 1;  ///< of each classifier, as LogisticProblem
  LogisticOptions fit = {};
  /// Called after each round with its number, from 1, and its classifier's accuracy.
  std::function<void(int round, double accuracy)> on_round = {};
};

struct InlpFit {
  LinearEraser eraser;             ///< orthogonal: left = right
  std::vector<double> accuracies;  ///< of each round's classifier on the rows of the check
  bool converged = false;          ///< the last classifier was no better than the largest class
};

/// Iterative null-space projection (Ravfogel et al. 2020, arXiv:2004.07667): a linear classifier is
/// trained, the span of its weights taken away, the next one trained on what is left, until none is
/// better than guessing. What is left is the intersection of the null spaces; unlike there the mean
/// of the rows stays where it is, which changes no classifier.
/// @param x  [n_rows, width]
/// @throws UsageError, ShapeError, CancelledError  as fit_logistic()
InlpFit fit_inlp(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                 const InlpOptions& options = {});

}  // namespace headlens
