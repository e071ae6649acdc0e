#include "headlens/learn/curvature_inverse.h"

#include <algorithm>

#include "headlens/kernels/cholesky.h"
#include "headlens/kernels/panel_product.h"

namespace headlens {
namespace {

std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16 + 16; }

/// Rows of examples whose weighted columns are held at once.
constexpr std::int64_t kChunkRows = 384;

}  // namespace

CurvatureInverse::CurvatureInverse(std::int64_t n_features)
    : n_(n_features), stride_(padded(n_features)), inverse_(n_ * stride_) {}

CurvatureInverse::Workspace::Workspace(std::int64_t n)
    : sums(n * padded(n)), factor(n * padded(n)), lower(n * padded(n)) {}

void CurvatureInverse::apply(Range rows, const float* x, std::int64_t n_columns,
                             std::int64_t stride, float* out) const {
  for (std::int64_t c = 0; c < n_columns; c += kPanelColumns) {
    multiply_panel(inverse_.data() + rows.begin * stride_, stride_, rows.size(), x + c, stride, n_,
                   out + rows.begin * stride + c, stride, std::min(kPanelColumns, n_columns - c),
                   false);
  }
}

void CurvatureInverse::sum_tile(const ExampleMatrix& examples, std::span<const float> row_weights,
                                std::int64_t tile, Workspace& workspace) const {
  const std::int64_t first = tile * kTileColumns, end = std::min(n_, first + kTileColumns);
  const StridedMatrix<double> sums{workspace.sums.data(), stride_};
  for (std::int64_t i = 0; i < end; ++i) std::fill(sums.row(i) + first, sums.row(i) + end, 0.0);
  AlignedBuffer<float> weighted(kChunkRows * kTileColumns);
  const auto n_rows = static_cast<std::int64_t>(row_weights.size());
  for (std::int64_t chunk = 0; chunk < n_rows; chunk += kChunkRows) {
    const std::int64_t depth = std::min(kChunkRows, n_rows - chunk);
    const auto weights = row_weights.subspan(chunk, depth);
    if (std::ranges::all_of(weights, [](float w) { return w == 0; })) continue;
    for (std::int64_t k = 0; k < depth; ++k) {
      const float* row = examples.row(chunk + k) + first;
      float* out = weighted.data() + k * kTileColumns;
      for (std::int64_t j = 0; j < end - first; ++j) out[j] = weights[k] * row[j];
    }
    add_transposed_product({examples.row(chunk), examples.stride()},
                           {weighted.data(), kTileColumns}, depth, end, end - first,
                           sums.at(0, first));
  }
}

void CurvatureInverse::factor(std::span<const double> penalty, Workspace& workspace) const {
  const StridedMatrix<double> factored{workspace.factor.data(), stride_};
  // Sums of float32 products may be off by their rounding, and so not be positive definite.
  for (double jitter = 1e-7;; jitter *= 30) {
    for (std::int64_t i = 0; i < n_; ++i) {
      const double* sums = workspace.sums.data() + i * stride_;
      std::copy(sums + i, sums + n_, factored.row(i) + i);
      factored.row(i)[i] += penalty[i] + jitter * sums[i];
    }
    if (factor_cholesky(n_, factored)) break;
  }
  invert_factor(n_, {workspace.factor.data(), stride_}, {workspace.lower.data(), stride_});
}

void CurvatureInverse::invert_tile(std::int64_t tile, Workspace& workspace) {
  const std::int64_t first = tile * kTileColumns, end = std::min(n_, first + kTileColumns);
  // The sums are not needed any more.
  const StridedMatrix<double> inverse{workspace.sums.data(), stride_};
  inverse_columns(n_, {workspace.lower.data(), stride_}, first, end, inverse);
  for (std::int64_t i = 0; i < end; ++i) {
    for (std::int64_t j = std::max(first, i); j < end; ++j) {
      const auto value = static_cast<float>(inverse.row(i)[j]);
      inverse_[i * stride_ + j] = value;
      inverse_[j * stride_ + i] = value;
    }
  }
}

}  // namespace headlens
