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

#include "headlens/kernels/first_lanes-inl.h"

constexpr hn::CappedTag<float, 16> kTag{};
using Vector = hn::Vec<decltype(kTag)>;

/// Calls body(i, n) for vectors of [0, width), n of whose lanes are in it.
template <typename Body>
HWY_INLINE void for_vectors(std::int64_t width, const Body& body) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  for (std::int64_t i = 0; i < width; i += lanes) {
    body(i, std::min(lanes, width - i));
  }
}

HWY_INLINE float squared_distance(const float* a, const float* b, std::int64_t width) {
  Vector sum = hn::Zero(kTag);
  for_vectors(width, [&](std::int64_t i, std::int64_t n) HWY_ATTR {
    const auto d = hn::Sub(load_first(kTag, n, a + i), load_first(kTag, n, b + i));
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
  for_vectors(width, [&](std::int64_t at, std::int64_t lanes) HWY_ATTR {
    for (std::int64_t i = 0; i < n; ++i) {
      const auto own = load_first(kTag, lanes, p + i * stride + at);
      Vector sum = hn::Zero(kTag);
      for (std::int64_t j = 0; j < n; ++j) {
        if (j == i) continue;
        const auto d = hn::Sub(own, load_first(kTag, lanes, p + j * stride + at));
        sum = hn::MulAdd(hn::Set(kTag, weights[i * n + j]), d, sum);
      }
      store_first(kTag, lanes, hn::Add(sum, sum), gradient + i * stride + at);
    }
  });
}

void lengths_target(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                    float* lengths) {
  for (std::int64_t r = 0; r < n; ++r) {
    Vector sum = hn::Zero(kTag);
    for_vectors(width, [&](std::int64_t i, std::int64_t lanes) HWY_ATTR {
      const auto x = load_first(kTag, lanes, p + r * stride + i);
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
