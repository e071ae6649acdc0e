#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// (sum over examples of w x x^T + the penalty)^-1, [n_features, n_features]: a cheap estimate of
/// the inverse Hessian of every class's column at once, w being the mean curvature of the example's
/// loss. It is what lets columns of ten thousands and of tenths converge together.
class CurvatureInverse {
 public:
  explicit CurvatureInverse(std::int64_t n_features);

  /// out[i, c] = sum over j of inverse[i, j] x[j, c] for rows i of the range; x has columns up to
  /// the next multiple of 16, and both have this stride.
  void apply(Range rows, const float* x, std::int64_t n_columns, std::int64_t stride,
             float* out) const;

  /// What making one needs. All are [n_features, n_features].
  struct Workspace {
    explicit Workspace(std::int64_t n_features);
    AlignedBuffer<double> sums, factor, lower;
  };

  static constexpr std::int64_t kTileColumns = 64;
  std::int64_t n_tiles() const { return (n_ + kTileColumns - 1) / kTileColumns; }

  // Making one goes through three stages; the first and the last are done tile by tile (of columns)
  // by any thread, the second by one thread between them.
  /// @param row_weights  [n_rows of whole blocks]
  void sum_tile(const ExampleMatrix& examples, std::span<const float> row_weights,
                std::int64_t tile, Workspace& workspace) const;
  /// @param penalty  [n_features], added to the diagonal
  void factor(std::span<const double> penalty, Workspace& workspace) const;
  void invert_tile(std::int64_t tile, Workspace& workspace);

 private:
  std::int64_t n_, stride_;
  AlignedBuffer<float> inverse_;
};

}  // namespace headlens
