#include "headlens/kernels/adam_step.h"

#include <algorithm>
#include <cmath>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/adam_step.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "headlens/kernels/first_lanes-inl.h"

void adam_step_target(const double* gradient, std::int64_t n, const AdamFactors& factors,
                      float* mean, float* square, float* parameters) {
  const hn::CappedTag<float, 16> tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  const auto gain = hn::Set(tag, factors.mean_gain), keep = hn::Set(tag, factors.square_keep);
  const auto rest = hn::Set(tag, 1 - factors.square_keep);
  const auto size = hn::Set(tag, factors.size), root = hn::Set(tag, factors.root);
  const auto epsilon = hn::Set(tag, factors.epsilon);
  alignas(64) float narrow[16];
  for (std::int64_t i = 0; i < n; i += lanes) {
    const std::int64_t width = std::min(lanes, n - i);
    for (std::int64_t k = 0; k < width; ++k) narrow[k] = static_cast<float>(gradient[i + k]);
    const auto g = load_first(tag, width, narrow);
    auto m = load_first(tag, width, mean + i), s = load_first(tag, width, square + i);
    m = hn::MulAdd(hn::Sub(g, m), gain, m);
    s = hn::MulAdd(s, keep, hn::Mul(hn::Mul(g, g), rest));
    const auto below = hn::Add(hn::Div(hn::Sqrt(s), root), epsilon);
    const auto p =
        hn::Sub(load_first(tag, width, parameters + i), hn::Div(hn::Mul(size, m), below));
    store_first(tag, width, m, mean + i);
    store_first(tag, width, s, square + i);
    store_first(tag, width, p, parameters + i);
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(adam_step_target);

void adam_step(const double* gradient, std::int64_t n, const AdamFactors& factors, float* mean,
               float* square, float* parameters) {
  HWY_DYNAMIC_DISPATCH(adam_step_target)(gradient, n, factors, mean, square, parameters);
}

}  // namespace headlens
#endif
