#include "headlens/kernels/rotary.h"

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/rotary.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {

void rotate_half_target(float* HWY_RESTRICT head, const float* HWY_RESTRICT cosine,
                        const float* HWY_RESTRICT sine, std::int64_t n_pairs) {
  float* HWY_RESTRICT other = head + n_pairs;
  for (std::int64_t i = 0; i < n_pairs; ++i) {
    const float a = head[i];
    const float b = other[i];
    head[i] = a * cosine[i] - b * sine[i];
    other[i] = b * cosine[i] + a * sine[i];
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(rotate_half_target);

void rotate_half(float* head, const float* cosine, const float* sine, std::int64_t n_pairs) {
  HWY_DYNAMIC_DISPATCH(rotate_half_target)(head, cosine, sine, n_pairs);
}

void rotate_half_vjp(float* head, const float* cosine, const float* sine, std::int64_t n_pairs) {
  float* other = head + n_pairs;
  for (std::int64_t i = 0; i < n_pairs; ++i) {
    const float a = head[i], b = other[i];
    head[i] = a * cosine[i] + b * sine[i];
    other[i] = b * cosine[i] - a * sine[i];
  }
}

}  // namespace headlens
#endif
