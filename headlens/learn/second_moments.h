#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/kernels/transposed_product.h"
#include "headlens/learn/standardizer.h"
#include "headlens/tensor/aligned_buffer.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Sums of products of the columns of x with each other and with the columns of y, in double.
/// Columns of x are standardised and those of y centred, which spares digits where columns of ten
/// thousand lie beside tenths.
class SecondMoments {
 public:
  /// @param x            [n_rows, n_x], finite
  /// @param y            [n_rows, n_y], finite; n_y may be 0
  /// @param row_weights  [n_rows], or empty for 1 everywhere
  /// @throws UsageError      if no row has a weight
  /// @throws ShapeError      if rows and weights do not fit
  /// @throws CancelledError  if cancellation was requested
  SecondMoments(TensorView<const float, 2> x, TensorView<const float, 2> y,
                std::span<const float> row_weights = {});

  std::int64_t n_x() const { return n_x_; }
  std::int64_t n_y() const { return width_ - n_x_; }
  const Standardizer& of_x() const { return of_x_; }
  const Standardizer& of_y() const { return of_y_; }

  /// [n_x, n_x + n_y]: products of x with x, of which the upper triangle is filled, then of x with
  /// y.
  StridedMatrix<double> products() { return {products_.data(), width_}; }
  StridedMatrix<const double> products() const { return {products_.data(), width_}; }

 private:
  std::int64_t n_x_, width_;
  Standardizer of_x_, of_y_;
  AlignedBuffer<double> products_;
};

}  // namespace headlens
