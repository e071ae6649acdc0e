#include "headlens/kernels/norm.h"

#include <cmath>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
constexpr F kFloat{};

/// Calls body(i, tag-sized load/store width) over [0, n): whole vectors, then single lanes.
template <typename Vector, typename Scalar>
HWY_INLINE void sweep(std::int64_t n, const Vector& vector, const Scalar& scalar) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kFloat));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) vector(i);
  for (; i < n; ++i) scalar(i);
}

HWY_INLINE float total(const float* x, std::int64_t n) {
  auto sum = hn::Zero(kFloat);
  float tail = 0;
  sweep(
      n, [&](std::int64_t i) { sum = hn::Add(sum, hn::LoadU(kFloat, x + i)); },
      [&](std::int64_t i) { tail += x[i]; });
  return hn::GetLane(hn::SumOfLanes(kFloat, sum)) + tail;
}

HWY_INLINE float total_of_squares(const float* x, float mean, std::int64_t n) {
  auto sum = hn::Zero(kFloat);
  const auto center = hn::Set(kFloat, mean);
  float tail = 0;
  sweep(
      n,
      [&](std::int64_t i) {
        const auto d = hn::Sub(hn::LoadU(kFloat, x + i), center);
        sum = hn::MulAdd(d, d, sum);
      },
      [&](std::int64_t i) { tail += (x[i] - mean) * (x[i] - mean); });
  return hn::GetLane(hn::SumOfLanes(kFloat, sum)) + tail;
}

HWY_INLINE void normalize(const float* x, float mean, float inverse_scale, const float* weight,
                          const float* bias, std::int64_t n, float* y) {
  const auto center = hn::Set(kFloat, mean);
  const auto inverse = hn::Set(kFloat, inverse_scale);
  sweep(
      n,
      [&](std::int64_t i) {
        auto value = hn::Mul(hn::Sub(hn::LoadU(kFloat, x + i), center), inverse);
        if (weight) value = hn::Mul(value, hn::LoadU(kFloat, weight + i));
        if (bias) value = hn::Add(value, hn::LoadU(kFloat, bias + i));
        hn::StoreU(value, kFloat, y + i);
      },
      [&](std::int64_t i) {
        const float value = (x[i] - mean) * inverse_scale;
        y[i] = (weight ? value * weight[i] : value) + (bias ? bias[i] : 0.0f);
      });
}

float layer_norm_row_target(const float* x, const float* weight, const float* bias, double epsilon,
                            std::int64_t n, float* y) {
  const float mean = total(x, n) / static_cast<float>(n);
  const float variance = total_of_squares(x, mean, n) / static_cast<float>(n);
  const float scale = std::sqrt(variance + static_cast<float>(epsilon));
  normalize(x, mean, 1.0f / scale, weight, bias, n, y);
  return scale;
}

float rms_norm_row_target(const float* x, const float* weight, double epsilon, std::int64_t n,
                          float* y) {
  const float mean_square = total_of_squares(x, 0.0f, n) / static_cast<float>(n);
  const float scale = std::sqrt(mean_square + static_cast<float>(epsilon));
  normalize(x, 0.0f, 1.0f / scale, weight, nullptr, n, y);
  return scale;
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(layer_norm_row_target);
HWY_EXPORT(rms_norm_row_target);

float layer_norm_row(const float* x, const float* weight, const float* bias, double epsilon,
                     std::int64_t n, float* y) {
  return HWY_DYNAMIC_DISPATCH(layer_norm_row_target)(x, weight, bias, epsilon, n, y);
}

float rms_norm_row(const float* x, const float* weight, double epsilon, std::int64_t n, float* y) {
  return HWY_DYNAMIC_DISPATCH(rms_norm_row_target)(x, weight, epsilon, n, y);
}

namespace {

void add_centered(const float* normalized, float scale, const float* g, double mean_g,
                  std::int64_t n, float* dx) {
  double along = 0;
  for (std::int64_t i = 0; i < n; ++i) along += static_cast<double>(g[i]) * normalized[i];
  const auto share = static_cast<float>(along / static_cast<double>(n));
  const auto center = static_cast<float>(mean_g);
  for (std::int64_t i = 0; i < n; ++i) dx[i] += (g[i] - center - normalized[i] * share) / scale;
}

}  // namespace

void layer_norm_row_vjp(const float* normalized, float scale, const float* g, std::int64_t n,
                        float* dx) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += g[i];
  add_centered(normalized, scale, g, sum / static_cast<double>(n), n, dx);
}

void rms_norm_row_vjp(const float* normalized, float scale, const float* g, std::int64_t n,
                      float* dx) {
  add_centered(normalized, scale, g, 0, n, dx);
}

}  // namespace headlens
#endif
