#pragma once

#include <cstdint>
#include <span>

#include "headlens/kernels/linear_eraser.h"
#include "headlens/learn/second_moments.h"
#include "headlens/tensor/tensor.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Concept erasure in closed form: LEACE (Belrose et al. 2023, arXiv:2306.03819, theorem 4.3),
///     x' = x - W^+ P W (x - mean),  W = Sigma_xx^(-1/2),  P the projection onto range(W Sigma_xz).
/// Afterwards x' and the concept do not covary, so that on these rows no linear classifier does
/// better than the best constant one, and of all affine maps with that property it moves the rows
/// least, in any norm that an inner product gives.
///
/// With A = Sigma_xz and G = A^T Sigma_xx^+ A the same map is A G^+ A^T Sigma_xx^+, which needs no
/// root. Everything is double, in standardised columns; where they depend on each other a ridge of
/// 1e-10 makes Sigma_xx^+, which leaves the erasure exact.
class Leace {
 public:
  /// @param x  [n_rows, width]
  /// @param z  [n_rows, n_concepts], what is to be erased: one column a class (one_hot()), or real
  ///           values
  /// @throws UsageError      if a number is not finite (row and column are named) or there are
  ///                         fewer than two rows
  /// @throws ShapeError      if x and z do not have the same number of rows
  /// @throws CancelledError  if cancellation was requested
  Leace(TensorView<const float, 2> x, TensorView<const float, 2> z);

  /// Of rank n_classes - 1 or less.
  const LinearEraser& eraser() const { return eraser_; }

  /// The control: as LEACE would erase `rank` concepts that have nothing to do with the states. In
  /// the whitened space, where LEACE is an orthogonal projection, it takes away a subspace that is
  /// drawn uniformly at random.
  /// @throws UsageError  if rank is not 0 to width
  LinearEraser random(std::int64_t rank, std::uint64_t seed) const;

 private:
  LinearEraser eraser_of(std::span<const double> covariances, std::int64_t n) const;

  SecondMoments moments_;  ///< [x, x] factored by Cholesky
  LinearEraser eraser_;
};

/// One column of zeros and ones for each class, ascending: [n_rows, n_classes].
/// @throws UsageError  if there is no label
Tensor one_hot(std::span<const std::int32_t> labels);

}  // namespace headlens
