#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/class_weights.h"
#include "headlens/learn/linear_classifier.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// What is to be learnt from rows of states. Borrows what it points to. Labels may be any integers.
struct LogisticProblem {
  std::span<const std::int32_t> labels = {};  ///< [n_rows]
  /// [n_rows], finite and not negative; empty for 1 everywhere. Rows of weight 0 are left out, so
  /// a fold is a problem of its own on the same states; so is a control task.
  std::span<const float> row_weights = {};
  ClassWeights class_weights = EqualClasses{};
  double c = 1;  ///< the inverse of the penalty's strength, as scikit-learn's C
  /// [n_columns], or empty for 1 everywhere: the penalty is on scale * weight. The deviations of
  /// the columns (Standardizer) give exactly the model that standardised columns have, expressed
  /// for the states as they are.
  std::span<const double> penalty_scales = {};
  /// A model of the same labels to start from; null to start from zeros.
  const LinearClassifier* start = nullptr;
};

struct LogisticOptions {
  int max_iterations = 2000;
  /// Stops when an iteration won less than this share of the loss and so little is left to win by
  /// the gradient, measured in the estimated inverse Hessian: g^T H g / 2 <= tolerance * loss. On
  /// hidden states of 17 classes what is truly left was found to be up to 75 times this on raw
  /// columns, where the loss is near 0, and about this on standardised ones.
  double tolerance = 1e-7;
  int memory = 20;  ///< pairs that L-BFGS keeps
};

struct LogisticFit {
  LinearClassifier classifier;
  /// c * sum of weight * cross-entropy + ||W||^2 / 2, nats. Logits are float32, sums are double.
  double loss = 0;
  int iterations = 0;
  bool converged = false;
  double remaining = 0;  ///< g^T H g / 2 / loss at the end: a low estimate of what was left
};

/// Multinomial logistic regression with an L2 penalty and a free intercept: the optimum of
/// scikit-learn's LogisticRegression, which is unique. Two classes are one sigmoid, as there.
/// L-BFGS (Nocedal 1980) preconditioned by inverses of the examples' weighted second moments, first
/// one for all classes, then one a class;
/// all problems on the same states share each pass over them, and each gets, to the last bit, what
/// it gets alone.
/// @param x  [n_rows, n_columns] float32
/// @return  one fit a problem
/// @throws UsageError  if a state is NaN or infinite (row and column are named), a problem has only
///     one class, or an option, a weight or c makes no sense
/// @throws ShapeError  if labels, weights, scales or the start do not fit the states
std::vector<LogisticFit> fit_logistic(TensorView<const float, 2> x,
                                      std::span<const LogisticProblem> problems,
                                      const LogisticOptions& options = {});

/// One problem alone.
LogisticFit fit_logistic(TensorView<const float, 2> x, const LogisticProblem& problem,
                         const LogisticOptions& options = {});

}  // namespace headlens
