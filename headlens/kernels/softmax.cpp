#include "headlens/kernels/softmax.h"

#include <cmath>
#include <limits>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
constexpr F kFloat{};

HWY_INLINE float largest(const float* x, std::int64_t n) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kFloat));
  const float lowest = -std::numeric_limits<float>::infinity();
  auto maximum = hn::Set(kFloat, lowest);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) maximum = hn::Max(maximum, hn::LoadU(kFloat, x + i));
  float result = hn::GetLane(hn::MaxOfLanes(kFloat, maximum));
  for (; i < n; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

/// Sum of exp(x - maximum); writes the terms to x where kStore.
template <bool kStore, typename T>
HWY_INLINE double exponentials(T* x, float maximum, std::int64_t n) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kFloat));
  const auto shift = hn::Set(kFloat, maximum);
  auto sum = hn::Zero(kFloat);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto e = hn::Exp(kFloat, hn::Sub(hn::LoadU(kFloat, x + i), shift));
    if constexpr (kStore) hn::StoreU(e, kFloat, x + i);
    sum = hn::Add(sum, e);
  }
  double total = hn::GetLane(hn::SumOfLanes(kFloat, sum));
  for (; i < n; ++i) {
    const float e = std::exp(x[i] - maximum);
    if constexpr (kStore) x[i] = e;
    total += e;
  }
  return total;
}

void scale_row_target(float* x, float factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] *= factor;
}

void softmax_row_target(float* x, std::int64_t n) {
  if (n == 0) return;
  const double sum = exponentials<true>(x, largest(x, n), n);
  scale_row_target(x, static_cast<float>(1.0 / sum), n);
}

LogSumExp log_sum_exp_target(const float* x, std::int64_t n) {
  const float maximum = largest(x, n);
  return {maximum, exponentials<false>(x, maximum, n)};
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(softmax_row_target);
HWY_EXPORT(scale_row_target);
HWY_EXPORT(log_sum_exp_target);

void softmax_row(float* x, std::int64_t n) { HWY_DYNAMIC_DISPATCH(softmax_row_target)(x, n); }

void scale_row(float* x, float factor, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(scale_row_target)(x, factor, n);
}

LogSumExp log_sum_exp(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(log_sum_exp_target)(x, n);
}

void softmax_row_vjp(const float* p, const float* dp, std::int64_t n, float* ds) {
  double along = 0;
  for (std::int64_t i = 0; i < n; ++i) along += static_cast<double>(p[i]) * dp[i];
  const auto mean = static_cast<float>(along);
  for (std::int64_t i = 0; i < n; ++i) ds[i] = p[i] * (dp[i] - mean);
}

}  // namespace headlens
#endif
