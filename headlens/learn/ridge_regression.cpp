#include "headlens/learn/ridge_regression.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/kernels/cholesky.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/standardizer.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {
namespace {

constexpr std::int64_t kChunkRows = 2048, kTileColumns = 64;

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

/// The normal equations in standardised columns, which spares digits: products of the columns with
/// each other and with the targets.
class NormalEquations {
 public:
  NormalEquations(TensorView<const float, 2> x, TensorView<const float, 2> y,
                  const RidgeOptions& options)
      : x_(x),
        y_(y),
        options_(options),
        n_columns_(x.size(1)),
        width_(x.size(1) + y.size(1)),
        of_x_(Standardizer::fit(x, options.row_weights)),
        of_y_(Standardizer::fit(y, options.row_weights)),
        products_(n_columns_ * width_) {
    std::fill_n(products_.data(), products_.size(), 0.0);
    AlignedBuffer<double> rows(std::min(kChunkRows, x.size(0)) * width_);
    for (std::int64_t first = 0; first < x.size(0); first += kChunkRows) {
      check_cancellation();
      add_rows(first, std::min(kChunkRows, x.size(0) - first), rows);
    }
  }

  RidgeFit solve() {
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      const double scale = options_.penalty_scales.empty() ? 1.0 : options_.penalty_scales[j];
      products_[j * width_ + j] += options_.alpha * std::pow(scale / of_x_.deviation[j], 2);
    }
    if (!factor_cholesky(n_columns_, {products_.data(), width_})) {
      throw UsageError("columns of the states depend on each other; give an alpha above " +
                       std::to_string(options_.alpha));
    }
    const std::int64_t n_targets = width_ - n_columns_;
    std::vector<double> solution(n_columns_ * n_targets);
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      std::copy_n(products_.data() + j * width_ + n_columns_, n_targets,
                  solution.data() + j * n_targets);
    }
    solve_cholesky(n_columns_, {products_.data(), width_}, n_targets, {solution.data(), n_targets});
    return fit_of(solution);
  }

 private:
  void add_rows(std::int64_t first, std::int64_t n_rows, AlignedBuffer<double>& rows) {
    parallel_for(n_rows, [&](std::ptrdiff_t i) { write_row(first + i, rows.data() + i * width_); });
    const StridedMatrix<const double> all{rows.data(), width_};
    parallel_for((width_ + kTileColumns - 1) / kTileColumns, [&](std::ptrdiff_t tile) {
      const std::int64_t j = tile * kTileColumns, end = std::min(width_, j + kTileColumns);
      add_transposed_product(all, all.at(0, j), n_rows, std::min(n_columns_, end), end - j,
                             {products_.data() + j, width_});
    });
  }

  void write_row(std::int64_t i, double* out) const {
    const double root = options_.row_weights.empty() ? 1 : std::sqrt(options_.row_weights[i]);
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      out[j] = root * (x_(i, j) - of_x_.mean[j]) / of_x_.deviation[j];
    }
    for (std::int64_t t = 0; t < y_.size(1); ++t) {
      out[n_columns_ + t] = root * (y_(i, t) - of_y_.mean[t]);
    }
  }

  RidgeFit fit_of(const std::vector<double>& solution) const {
    const std::int64_t n_targets = y_.size(1);
    RidgeFit fit{n_columns_, std::vector<double>(n_targets * n_columns_), of_y_.mean};
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      for (std::int64_t t = 0; t < n_targets; ++t) {
        const double weight = solution[j * n_targets + t] / of_x_.deviation[j];
        fit.weights[t * n_columns_ + j] = weight;
        fit.intercepts[t] -= weight * of_x_.mean[j];
      }
    }
    return fit;
  }

  TensorView<const float, 2> x_, y_;
  const RidgeOptions& options_;
  std::int64_t n_columns_, width_;
  Standardizer of_x_, of_y_;
  AlignedBuffer<double> products_;  ///< [n_columns, n_columns + n_targets], the upper triangle
};

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
  return NormalEquations(x, y, options).solve();
}

}  // namespace headlens
