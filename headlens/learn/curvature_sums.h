#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/kernels/transposed_product.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// Some rows of an ExampleMatrix, in ascending order, and what each counts.
struct WeightedRows {
  std::vector<std::int32_t> rows;
  std::vector<float> weights;

  /// The rows whose weight is above `least`.
  static WeightedRows above(float least, std::span<const float> weights);
};

/// Sum of weight * x x^T over examples, [n_features, n_features] of which the upper triangle is
/// filled, with a penalty its factor, and what one is made in.
class CurvatureSums {
 public:
  explicit CurvatureSums(std::int64_t n_features);

  static constexpr std::int64_t kTileColumns = 64;
  std::int64_t n_features() const { return n_; }
  std::int64_t n_tiles() const { return (n_ + kTileColumns - 1) / kTileColumns; }
  StridedMatrix<double> sums() { return {sums_.data(), stride_}; }

  /// Sets the tiles' columns to zero, or to share * other's.
  void clear(Range tiles);
  void set_scaled(Range tiles, double share, const CurvatureSums& other);
  /// Adds the rows' products to the tiles' columns. Different tiles may be summed by different
  /// threads; a tile's sums do not depend on which others are summed with it.
  void add(const ExampleMatrix& examples, const WeightedRows& rows, Range tiles);

  /// Factors sums + penalty = U^T U. On the calling thread alone.
  /// @param penalty  [n_features], added to the diagonal
  void factor(std::span<const double> penalty);
  /// (U^T)^-1, lower triangular.
  StridedMatrix<const double> inverse_factor() const { return {lower_.data(), stride_}; }

 private:
  std::int64_t n_, stride_;
  AlignedBuffer<double> sums_, factor_, lower_;
};

}  // namespace headlens
