#include "headlens/learn/example_matrix.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

/// Whole cache lines, and never a multiple of 1 KiB: such rows would share a few sets of the cache.
std::int64_t padded_stride(std::int64_t n_features) {
  const std::int64_t stride = (n_features + 15) / 16 * 16;
  return stride % 256 == 0 ? stride + 16 : stride;
}

std::int64_t rows_of_block(std::int64_t stride) {
  constexpr std::int64_t kBlockNumbers = 64 * 1024, kGrain = 24;
  return std::clamp<std::int64_t>(kBlockNumbers / stride / kGrain, 1, 4) * kGrain;
}

constexpr std::int64_t kRowsOfPart = 512;

/// Sums over rows of what `add(row, sums)` adds for each, in an order that does not depend on the
/// number of threads.
template <typename Add>
std::vector<double> sum_over_rows(TensorView<const float, 2> x, const Add& add) {
  const std::int64_t n_parts = (x.size(0) + kRowsOfPart - 1) / kRowsOfPart;
  std::vector<std::vector<double>> parts(n_parts, std::vector<double>(x.size(1)));
  parallel_for(n_parts, [&](std::ptrdiff_t part) {
    const std::int64_t end = std::min(x.size(0), (part + 1) * kRowsOfPart);
    for (std::int64_t i = part * kRowsOfPart; i < end; ++i) {
      add(x.data() + i * x.stride(0), parts[part].data());
    }
  });
  for (std::int64_t part = 1; part < n_parts; ++part) {
    for (std::int64_t j = 0; j < x.size(1); ++j) parts[0][j] += parts[part][j];
  }
  return parts[0];
}

/// Numbers that are not finite have every bit of the exponent; integers are compared many at a
/// time.
bool all_finite(const float* row, std::int64_t n) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t bad = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    bad |= (std::bit_cast<std::uint32_t>(row[j]) & kExponent) == kExponent ? 1u : 0u;
  }
  return bad == 0;
}

}  // namespace

void check_examples(TensorView<const float, 2> x) {
  if (x.size(0) < 1 || x.size(1) < 1) {
    throw UsageError("there are no examples to learn from: the states are [" +
                     std::to_string(x.size(0)) + ", " + std::to_string(x.size(1)) + "]");
  }
  std::atomic<std::int64_t> bad_row{std::numeric_limits<std::int64_t>::max()};
  parallel_for((x.size(0) + kRowsOfPart - 1) / kRowsOfPart, [&](std::ptrdiff_t part) {
    const std::int64_t end = std::min(x.size(0), (part + 1) * kRowsOfPart);
    for (std::int64_t i = part * kRowsOfPart; i < end; ++i) {
      if (all_finite(x.data() + i * x.stride(0), x.size(1))) continue;
      std::int64_t first = bad_row.load();
      while (i < first && !bad_row.compare_exchange_weak(first, i)) {
      }
      return;
    }
  });
  const std::int64_t row = bad_row.load();
  if (row >= x.size(0)) return;
  std::int64_t column = 0;
  while (std::isfinite(x(row, column))) ++column;
  throw UsageError("row " + std::to_string(row) + ", column " + std::to_string(column) +
                   " of the states is " + std::to_string(x(row, column)) +
                   "; a probe needs finite numbers");
}

std::vector<double> column_means(TensorView<const float, 2> x) {
  std::vector<double> mean = sum_over_rows(x, [&](const float* row, double* sums) {
    for (std::int64_t j = 0; j < x.size(1); ++j) sums[j] += row[j];
  });
  for (double& m : mean) m /= static_cast<double>(x.size(0));
  return mean;
}

ExampleMatrix::ExampleMatrix(TensorView<const float, 2> x)
    : n_rows_(x.size(0)),
      stride_(padded_stride(x.size(1) + 1)),
      block_rows_(rows_of_block(stride_)) {
  check_examples(x);
  mean_ = column_means(x);
  find_scales(x);
  pack(x);
}

void ExampleMatrix::find_scales(TensorView<const float, 2> x) {
  scale_ = sum_over_rows(x, [&](const float* row, double* sums) {
    for (std::int64_t j = 0; j < x.size(1); ++j)
      sums[j] += (row[j] - mean_[j]) * (row[j] - mean_[j]);
  });
  constexpr int kFarthest = 60;
  for (double& scale : scale_) {
    const double deviation = std::sqrt(scale / static_cast<double>(n_rows_));
    const int exponent = deviation > 0 ? std::ilogb(deviation) : 0;
    scale = std::ldexp(1.0, std::clamp(exponent, -kFarthest, kFarthest));
  }
}

void ExampleMatrix::pack(TensorView<const float, 2> x) {
  values_ = AlignedBuffer<float>(n_blocks() * block_rows_ * stride_);
  std::vector<double> factor(scale_);
  for (double& f : factor) f = 1 / f;
  parallel_for(n_blocks(), [&](std::ptrdiff_t block) {
    for (std::int64_t i = block * block_rows_; i < (block + 1) * block_rows_; ++i) {
      float* out = values_.data() + i * stride_;
      std::fill_n(out, stride_, 0.0f);
      if (i >= n_rows_) continue;
      const float* in = x.data() + i * x.stride(0);
      for (std::int64_t j = 0; j < x.size(1); ++j) {
        out[j] = static_cast<float>((in[j] - mean_[j]) * factor[j]);
      }
      out[x.size(1)] = 1;
    }
  });
}

}  // namespace headlens
