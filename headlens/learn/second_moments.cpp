#include "headlens/learn/second_moments.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

constexpr std::int64_t kChunkRows = 2048, kTileColumns = 64;

}  // namespace

SecondMoments::SecondMoments(TensorView<const float, 2> x, TensorView<const float, 2> y,
                             std::span<const float> row_weights)
    : n_x_(x.size(1)), width_(x.size(1) + y.size(1)), products_(n_x_ * width_) {
  if (y.size(0) != x.size(0)) {
    throw ShapeError("second moments", std::to_string(x.size(0)) + " rows of targets",
                     std::to_string(y.size(0)));
  }
  of_x_ = Standardizer::fit(x, row_weights);
  of_y_ = Standardizer::fit(y, row_weights);
  std::fill_n(products_.data(), products_.size(), 0.0);
  AlignedBuffer<double> rows(std::min(kChunkRows, x.size(0)) * width_);
  const auto write_row = [&](std::int64_t i, double* out) {
    const double root = row_weights.empty() ? 1 : std::sqrt(row_weights[i]);
    for (std::int64_t j = 0; j < n_x_; ++j) {
      out[j] = root * (x(i, j) - of_x_.mean[j]) / of_x_.deviation[j];
    }
    for (std::int64_t t = 0; t < n_y(); ++t) out[n_x_ + t] = root * (y(i, t) - of_y_.mean[t]);
  };
  for (std::int64_t first = 0; first < x.size(0); first += kChunkRows) {
    check_cancellation();
    const std::int64_t n_rows = std::min(kChunkRows, x.size(0) - first);
    parallel_for(n_rows, [&](std::ptrdiff_t i) { write_row(first + i, rows.data() + i * width_); });
    const StridedMatrix<const double> all{rows.data(), width_};
    parallel_for((width_ + kTileColumns - 1) / kTileColumns, [&](std::ptrdiff_t tile) {
      const std::int64_t j = tile * kTileColumns, end = std::min(width_, j + kTileColumns);
      add_transposed_product(all, all.at(0, j), n_rows, std::min(n_x_, end), end - j,
                             {products_.data() + j, width_});
    });
  }
}

}  // namespace headlens
