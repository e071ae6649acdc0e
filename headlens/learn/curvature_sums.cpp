#include "headlens/learn/curvature_sums.h"

#include <algorithm>

#include "headlens/kernels/cholesky.h"

namespace headlens {
namespace {

std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16 + 16; }

/// Rows that are held at once.
constexpr std::size_t kChunkRows = 384;

}  // namespace

WeightedRows WeightedRows::above(float least, std::span<const float> weights) {
  WeightedRows kept;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > least)) continue;
    kept.rows.push_back(static_cast<std::int32_t>(i));
    kept.weights.push_back(weights[i]);
  }
  return kept;
}

CurvatureSums::CurvatureSums(std::int64_t n)
    : n_(n), stride_(padded(n)), sums_(n * stride_), factor_(n * stride_), lower_(n * stride_) {}

void CurvatureSums::clear(Range tiles) {
  const std::int64_t first = tiles.begin * kTileColumns;
  const std::int64_t end = std::min<std::int64_t>(n_, tiles.end * kTileColumns);
  for (std::int64_t i = 0; i < end; ++i) std::fill(sums().row(i) + first, sums().row(i) + end, 0.0);
}

void CurvatureSums::set_scaled(Range tiles, double share, const CurvatureSums& other) {
  const std::int64_t first = tiles.begin * kTileColumns;
  const std::int64_t end = std::min<std::int64_t>(n_, tiles.end * kTileColumns);
  for (std::int64_t i = 0; i < end; ++i) {
    double* to = sums_.data() + i * stride_;
    const double* from = other.sums_.data() + i * stride_;
    for (std::int64_t j = first; j < end; ++j) to[j] = share * from[j];
  }
}

void CurvatureSums::add(const ExampleMatrix& examples, const WeightedRows& rows, Range tiles) {
  const std::int64_t reach = std::min<std::int64_t>(n_, tiles.end * kTileColumns);
  const std::size_t most = std::min(kChunkRows, rows.rows.size());
  AlignedBuffer<float> gathered(most * reach), weighted(most * kTileColumns);
  for (std::size_t chunk = 0; chunk < rows.rows.size(); chunk += kChunkRows) {
    const std::size_t depth = std::min(kChunkRows, rows.rows.size() - chunk);
    for (std::size_t k = 0; k < depth; ++k) {
      std::copy_n(examples.row(rows.rows[chunk + k]), reach, gathered.data() + k * reach);
    }
    for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
      const std::int64_t first = tile * kTileColumns, end = std::min(n_, first + kTileColumns);
      for (std::size_t k = 0; k < depth; ++k) {
        const float* row = gathered.data() + k * reach + first;
        float* out = weighted.data() + k * kTileColumns;
        for (std::int64_t j = 0; j < end - first; ++j) out[j] = rows.weights[chunk + k] * row[j];
      }
      add_transposed_product({gathered.data(), reach}, {weighted.data(), kTileColumns},
                             static_cast<std::int64_t>(depth), end, end - first,
                             sums().at(0, first));
    }
  }
}

void CurvatureSums::factor(std::span<const double> penalty) {
  const StridedMatrix<double> factored{factor_.data(), stride_};
  // Sums of float32 products may be off by their rounding, and so not be positive definite.
  for (double jitter = 1e-7;; jitter *= 30) {
    for (std::int64_t i = 0; i < n_; ++i) {
      const double* row = sums_.data() + i * stride_;
      std::copy(row + i, row + n_, factored.row(i) + i);
      factored.row(i)[i] += penalty[i] + jitter * row[i];
    }
    if (factor_cholesky(n_, factored)) break;
  }
  invert_factor(n_, {factor_.data(), stride_}, {lower_.data(), stride_});
}

}  // namespace headlens
