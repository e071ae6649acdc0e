#pragma once

#include <cstdint>
#include <vector>

#include "headlens/tensor/aligned_buffer.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// @throws UsageError  that names row and column of the first number that is NaN or infinite, or
///                     if there is no row or no column
void check_examples(TensorView<const float, 2> x);

/// Mean of each column, summed in double.
std::vector<double> column_means(TensorView<const float, 2> x);

/// Examples as the solvers read them: every column with its mean taken away and divided by a power
/// of two near its standard deviation, and a last column of ones. Hidden states hold activations of
/// ten thousands beside tenths; like this float32 sums lose nothing of the small ones. A model
/// whose intercept is not penalised is the same in these coordinates. Rows are padded with rows of
/// zeros to whole blocks.
class ExampleMatrix {
 public:
  /// @param x  [n_rows, n_columns], only read here
  /// @throws UsageError  as check_examples()
  explicit ExampleMatrix(TensorView<const float, 2> x);

  std::int64_t n_rows() const { return n_rows_; }
  std::int64_t n_columns() const { return static_cast<std::int64_t>(mean_.size()); }
  /// With the column of ones.
  std::int64_t n_features() const { return n_columns() + 1; }

  /// Rows of a block lie in cache together with what is computed from them.
  std::int64_t block_rows() const { return block_rows_; }
  std::int64_t n_blocks() const { return (n_rows_ + block_rows_ - 1) / block_rows_; }
  const float* row(std::int64_t i) const { return values_.data() + i * stride_; }
  std::int64_t stride() const { return stride_; }

  const std::vector<double>& mean() const { return mean_; }
  /// x = stored * scale + mean
  const std::vector<double>& scale() const { return scale_; }

 private:
  void find_scales(TensorView<const float, 2> x);
  void pack(TensorView<const float, 2> x);

  std::int64_t n_rows_, stride_, block_rows_;
  std::vector<double> mean_, scale_;
  AlignedBuffer<float> values_;
};

}  // namespace headlens
