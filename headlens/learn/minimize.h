#pragma once

#include <functional>
#include <span>
#include <vector>

namespace headlens {

/// A smooth function: returns its value and writes its gradient.
using SmoothFunction =
    std::function<double(std::span<const double> point, std::span<double> gradient)>;

struct MinimizeOptions {
  int max_iterations = 1000;
  /// Stops when twice in a row an iteration won less than this share of the value and g^T H g / 2
  /// is no more than it.
  double tolerance = 1e-7;
  int memory = 20;  ///< pairs that L-BFGS keeps
};

struct Minimum {
  std::vector<double> point;
  double value = 0;
  int iterations = 0;
  bool converged = false;
};

/// L-BFGS (Nocedal 1980) from `start` with a diagonal H0 and backtracking lines.
/// @param inverse_scales  the diagonal of H0: about the inverse of each second derivative
/// @throws CancelledError
Minimum minimize(const std::vector<double>& start, std::span<const double> inverse_scales,
                 const SmoothFunction& function, const MinimizeOptions& options = {});

}  // namespace headlens
