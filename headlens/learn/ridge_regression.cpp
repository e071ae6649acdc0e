#include "headlens/learn/ridge_regression.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/kernels/cholesky.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/second_moments.h"

namespace headlens {
namespace {

void check(TensorView<const float, 2> x, TensorView<const float, 2> y,
           const RidgeOptions& options) {
  check_examples(x);
  if (y.size(0) != x.size(0)) {
    throw ShapeError("ridge regression", std::to_string(x.size(0)) + " targets",
                     std::to_string(y.size(0)));
  }
  for (std::int64_t i = 0; i < y.size(0); ++i) {
    for (std::int64_t t = 0; t < y.size(1); ++t) {
      if (!std::isfinite(y(i, t))) {
        throw UsageError("the target of row " + std::to_string(i) + " is " +
                         std::to_string(y(i, t)) + "; a regression needs finite numbers");
      }
    }
  }
  if (!(options.alpha >= 0) || !std::isfinite(options.alpha)) {
    throw UsageError("alpha is " + std::to_string(options.alpha) +
                     "; it must be finite and not negative");
  }
  if (!options.penalty_scales.empty() &&
      static_cast<std::int64_t>(options.penalty_scales.size()) != x.size(1)) {
    throw ShapeError("ridge regression", std::to_string(x.size(1)) + " penalty scales",
                     std::to_string(options.penalty_scales.size()));
  }
}

RidgeFit solve(SecondMoments& moments, const RidgeOptions& options) {
  const std::int64_t n_columns = moments.n_x(), n_targets = moments.n_y();
  const std::vector<double>& deviation = moments.of_x().deviation;
  const StridedMatrix<double> products = moments.products();
  for (std::int64_t j = 0; j < n_columns; ++j) {
    const double scale = options.penalty_scales.empty() ? 1.0 : options.penalty_scales[j];
    products.row(j)[j] += options.alpha * std::pow(scale / deviation[j], 2);
  }
  if (!factor_cholesky(n_columns, products)) {
    throw UsageError("columns of the states depend on each other; give an alpha above " +
                     std::to_string(options.alpha));
  }
  std::vector<double> solution(n_columns * n_targets);
  for (std::int64_t j = 0; j < n_columns; ++j) {
    std::copy_n(products.row(j) + n_columns, n_targets, solution.data() + j * n_targets);
  }
  solve_cholesky(n_columns, {products.data, products.stride}, n_targets,
                 {solution.data(), n_targets});
  RidgeFit fit{n_columns, std::vector<double>(n_targets * n_columns), moments.of_y().mean};
  for (std::int64_t j = 0; j < n_columns; ++j) {
    for (std::int64_t t = 0; t < n_targets; ++t) {
      const double weight = solution[j * n_targets + t] / deviation[j];
      fit.weights[t * n_columns + j] = weight;
      fit.intercepts[t] -= weight * moments.of_x().mean[j];
    }
  }
  return fit;
}

}  // namespace

std::vector<double> RidgeFit::predict(TensorView<const float, 2> x) const {
  if (x.size(1) != n_columns) {
    throw ShapeError("ridge regression", std::to_string(n_columns) + " columns",
                     std::to_string(x.size(1)));
  }
  const auto n_targets = static_cast<std::int64_t>(intercepts.size());
  std::vector<double> result(x.size(0) * n_targets);
  parallel_for(x.size(0), [&](std::ptrdiff_t i) {
    for (std::int64_t t = 0; t < n_targets; ++t) {
      double sum = intercepts[t];
      for (std::int64_t j = 0; j < n_columns; ++j) sum += weights[t * n_columns + j] * x(i, j);
      result[i * n_targets + t] = sum;
    }
  });
  return result;
}

RidgeFit fit_ridge(TensorView<const float, 2> x, TensorView<const float, 2> y,
                   const RidgeOptions& options) {
  check(x, y, options);
  SecondMoments moments(x, y, options.row_weights);
  return solve(moments, options);
}

}  // namespace headlens
