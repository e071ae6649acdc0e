#include "headlens/kernels/packed_triangle.h"

#include <algorithm>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/packed_triangle.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kBlock = 16;
/// Rows that are read together: a load of x, and one of out, serves them all.
constexpr int kRows = 8;

/// out += L^T (L x) for kRows rows of one length.
HWY_INLINE void apply_rows(const float* rows, std::int64_t length, const float* x, float* out) {
  const hn::CappedTag<float, kBlock> tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  hn::Vec<decltype(tag)> sum[kRows];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) sum[r] = hn::Zero(tag);
  for (std::int64_t j = 0; j < length; j += lanes) {
    const auto right = hn::LoadU(tag, x + j);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      sum[r] = hn::MulAdd(hn::LoadU(tag, rows + r * length + j), right, sum[r]);
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) sum[r] = hn::SumOfLanes(tag, sum[r]);
  for (std::int64_t j = 0; j < length; j += lanes) {
    auto total = hn::LoadU(tag, out + j);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      total = hn::MulAdd(hn::LoadU(tag, rows + r * length + j), sum[r], total);
    }
    hn::StoreU(total, tag, out + j);
  }
}

void apply_twice(std::int64_t n, const float* packed, const float* x, float* out) {
  for (std::int64_t first = 0; first < n; first += kBlock) {
    const std::int64_t length = first + kBlock;
    std::fill_n(out + first, kBlock, 0.0f);
    for (int half = 0; half < 2; ++half) {
      apply_rows(packed, length, x, out);
      packed += kRows * length;
    }
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(apply_twice);

std::int64_t padded_triangle_rows(std::int64_t n) { return (n + 15) / 16 * 16; }

std::int64_t packed_triangle_size(std::int64_t n) {
  const std::int64_t blocks = padded_triangle_rows(n) / 16;
  return blocks * (blocks + 1) / 2 * 16 * 16;
}

void pack_triangle(std::int64_t n, StridedMatrix<const double> lower, float* packed) {
  for (std::int64_t i = 0; i < padded_triangle_rows(n); ++i) {
    const std::int64_t length = i / 16 * 16 + 16;
    const std::int64_t used = i < n ? i + 1 : 0;
    for (std::int64_t j = 0; j < used; ++j) packed[j] = static_cast<float>(lower.row(i)[j]);
    std::fill(packed + used, packed + length, 0.0f);
    packed += length;
  }
}

void apply_triangle_twice(std::int64_t n, const float* packed, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(apply_twice)(n, packed, x, out);
}

}  // namespace headlens
#endif
