#include "headlens/kernels/reductions.h"

#include <cmath>
#include <limits>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/reductions.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
constexpr F kFloat{};
HWY_INLINE std::int64_t vector_lanes() { return static_cast<std::int64_t>(hn::Lanes(kFloat)); }

float largest_value_target(const float* x, std::int64_t n) {
  const std::int64_t lanes = vector_lanes();
  const auto lowest = hn::Set(kFloat, -std::numeric_limits<float>::infinity());
  auto first = lowest, second = lowest;
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    first = hn::Max(first, hn::LoadU(kFloat, x + i));
    second = hn::Max(second, hn::LoadU(kFloat, x + i + lanes));
  }
  float result = hn::GetLane(hn::MaxOfLanes(kFloat, hn::Max(first, second)));
  for (; i < n; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

ExponentialSums exponential_sums_target(const float* x, float shift, std::int64_t n,
                                        float* exponentials) {
  const std::int64_t lanes = vector_lanes();
  const auto offset = hn::Set(kFloat, shift);
  auto sum = hn::Zero(kFloat), weighted = hn::Zero(kFloat);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto value = hn::LoadU(kFloat, x + i);
    const auto e = hn::Exp(kFloat, hn::Sub(value, offset));
    if (exponentials) hn::StoreU(e, kFloat, exponentials + i);
    sum = hn::Add(sum, e);
    weighted = hn::MulAdd(e, value, weighted);
  }
  ExponentialSums sums{hn::GetLane(hn::SumOfLanes(kFloat, sum)),
                       hn::GetLane(hn::SumOfLanes(kFloat, weighted))};
  for (; i < n; ++i) {
    const float e = std::exp(x[i] - shift);
    if (exponentials) exponentials[i] = e;
    sums.sum += e;
    sums.weighted += static_cast<double>(e) * x[i];
  }
  return sums;
}

float dot_product_target(const float* a, const float* b, std::int64_t n) {
  const std::int64_t lanes = vector_lanes();
  auto first = hn::Zero(kFloat), second = hn::Zero(kFloat);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    first = hn::MulAdd(hn::LoadU(kFloat, a + i), hn::LoadU(kFloat, b + i), first);
    second = hn::MulAdd(hn::LoadU(kFloat, a + i + lanes), hn::LoadU(kFloat, b + i + lanes), second);
  }
  float sum = hn::GetLane(hn::SumOfLanes(kFloat, hn::Add(first, second)));
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

std::int64_t find_at_least_target(const float* x, float threshold, std::int64_t n,
                                  std::int32_t* indices) {
  const std::int64_t lanes = vector_lanes();
  const auto limit = hn::Set(kFloat, threshold);
  std::int64_t count = 0, i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (hn::AllFalse(kFloat, hn::Ge(hn::LoadU(kFloat, x + i), limit))) continue;
    for (std::int64_t j = i; j < i + lanes; ++j) {
      if (x[j] >= threshold) indices[count++] = static_cast<std::int32_t>(j);
    }
  }
  for (; i < n; ++i) {
    if (x[i] >= threshold) indices[count++] = static_cast<std::int32_t>(i);
  }
  return count;
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(largest_value_target);
HWY_EXPORT(exponential_sums_target);
HWY_EXPORT(dot_product_target);
HWY_EXPORT(find_at_least_target);

float largest_value(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(largest_value_target)(x, n);
}

ExponentialSums exponential_sums(const float* x, float shift, std::int64_t n, float* exponentials) {
  return HWY_DYNAMIC_DISPATCH(exponential_sums_target)(x, shift, n, exponentials);
}

float dot_product(const float* a, const float* b, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(dot_product_target)(a, b, n);
}

std::int64_t find_at_least(const float* x, float threshold, std::int64_t n, std::int32_t* indices) {
  return HWY_DYNAMIC_DISPATCH(find_at_least_target)(x, threshold, n, indices);
}

}  // namespace headlens
#endif
