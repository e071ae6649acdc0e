#include "headlens/kernels/pair_distances.h"

#include <algorithm>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/pair_distances.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<float, 16> kTag{};
using Vector = hn::Vec<decltype(kTag)>;

/// Calls body(i, mask) for whole vectors of [0, width) and one masked rest.
template <typename Body>
HWY_INLINE void for_vectors(std::int64_t width, const Body& body) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  for (std::int64_t i = 0; i < width; i += lanes) {
    body(i, hn::FirstN(kTag, static_cast<std::size_t>(std::min(lanes, width - i))));
  }
}

HWY_INLINE float squared_distance(const float* a, const float* b, std::int64_t width) {
  Vector sum = hn::Zero(kTag);
  for_vectors(width, [&](std::int64_t i, auto mask) HWY_ATTR {
    const auto d = hn::Sub(hn::MaskedLoad(mask, kTag, a + i), hn::MaskedLoad(mask, kTag, b + i));
    sum = hn::MulAdd(d, d, sum);
  });
  return hn::GetLane(hn::SumOfLanes(kTag, sum));
}

void distances_target(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                      float* distances) {
  for (std::int64_t i = 0; i < n; ++i) {
    distances[i * n + i] = 0;
    for (std::int64_t j = i + 1; j < n; ++j) {
      const float d = squared_distance(p + i * stride, p + j * stride, width);
      distances[i * n + j] = distances[j * n + i] = d;
    }
  }
}

void gradient_target(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                     const float* weights, float* gradient) {
  for_vectors(width, [&](std::int64_t at, auto mask) HWY_ATTR {
    for (std::int64_t i = 0; i < n; ++i) {
      const auto own = hn::MaskedLoad(mask, kTag, p + i * stride + at);
      Vector sum = hn::Zero(kTag);
      for (std::int64_t j = 0; j < n; ++j) {
        if (j == i) continue;
        const auto d = hn::Sub(own, hn::MaskedLoad(mask, kTag, p + j * stride + at));
        sum = hn::MulAdd(hn::Set(kTag, weights[i * n + j]), d, sum);
      }
      hn::BlendedStore(hn::Add(sum, sum), mask, kTag, gradient + i * stride + at);
    }
  });
}

void lengths_target(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                    float* lengths) {
  for (std::int64_t r = 0; r < n; ++r) {
    Vector sum = hn::Zero(kTag);
    for_vectors(width, [&](std::int64_t i, auto mask) HWY_ATTR {
      const auto x = hn::MaskedLoad(mask, kTag, p + r * stride + i);
      sum = hn::MulAdd(x, x, sum);
    });
    lengths[r] = hn::GetLane(hn::SumOfLanes(kTag, sum));
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(distances_target);
HWY_EXPORT(gradient_target);
HWY_EXPORT(lengths_target);

void squared_distances(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                       float* distances) {
  HWY_DYNAMIC_DISPATCH(distances_target)(p, stride, n, width, distances);
}

void pair_gradient(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                   const float* weights, float* gradient) {
  HWY_DYNAMIC_DISPATCH(gradient_target)(p, stride, n, width, weights, gradient);
}

void squared_lengths(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                     float* lengths) {
  HWY_DYNAMIC_DISPATCH(lengths_target)(p, stride, n, width, lengths);
}

}  // namespace headlens
#endif
