#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/minimize.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// The variational code of labels given states (Voita and Titov 2020, section 3.1): weights and
/// labels are sent together, by a linear probe with Gaussian mean-field weights and one Gaussian
/// prior. Voita and Titov's own probe is an MLP under the sparse normal-Jeffreys prior of Louizos,
/// Ullrich and Welling (2017), whose divergence is approximated and whose expectations are sampled;
/// here every term is exact or an upper bound (variational_objective.h), so that the length is one
/// that a code attains, and the same on every run.
struct VariationalCode {
  std::vector<std::int32_t> classes;  ///< labels, ascending
  std::int64_t n_rows = 0;
  double code_length_bits = 0;  ///< data + weights + prior
  double data_bits = 0;         ///< of the labels given the weights: an upper bound
  double weight_bits = 0;       ///< exact divergence of the weights from their prior
  double prior_bits = 0;        ///< which of kPriors the prior is
  double uniform_bits = 0;      ///< n log2 K
  double compression = 0;       ///< uniform / code length
  double prior_deviation = 0;   ///< a power of two
  double accuracy = 0;          ///< of the mean weights on the same rows
  /// [n_columns + 1, K] for standardised columns; the last feature is the intercept.
  std::vector<double> means, deviations;
  int iterations = 0;
  bool converged = false;
};

/// Priors are 2^-12 to 2^3.
inline constexpr int kPriors = 16, kSmallestPriorExponent = -12;

/// @param x       [n_rows, n_columns]; columns are standardised, which costs no bits, for both
///                sides of a code have the states
/// @param labels  [n_rows], any integers
/// @throws UsageError  if a state is not finite, or there is one class only
/// @throws ShapeError  if there are not as many labels as rows
/// @throws CancelledError
VariationalCode variational_code(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                                 const MinimizeOptions& options = {.tolerance = 1e-6});

}  // namespace headlens
