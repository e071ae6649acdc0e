#include "headlens/kernels/row_sums.h"

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/row_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "headlens/kernels/first_lanes-inl.h"

constexpr hn::ScalableTag<float> kFloat{};

/// out = combine(a, b), number by number.
template <typename Combine>
HWY_INLINE void combine_rows(const float* a, const float* b, std::int64_t n, float* out,
                             const Combine& combine) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kFloat));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(combine(hn::LoadU(kFloat, a + i), hn::LoadU(kFloat, b + i)), kFloat, out + i);
  }
  if (i == n) return;
  const auto last = combine(load_first(kFloat, n - i, a + i), load_first(kFloat, n - i, b + i));
  store_first(kFloat, n - i, last, out + i);
}

void add_row_target(const float* x, std::int64_t n, float* y) {
  combine_rows(y, x, n, y, [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); });
}

void difference_row_target(const float* a, const float* b, std::int64_t n, float* out) {
  combine_rows(a, b, n, out, [](auto x, auto y) HWY_ATTR { return hn::Sub(x, y); });
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(add_row_target);
HWY_EXPORT(difference_row_target);

void add_row(const float* x, std::int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(add_row_target)(x, n, y);
}

void subtract_row(const float* x, std::int64_t n, float* y) { difference_row(y, x, n, y); }

void difference_row(const float* a, const float* b, std::int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(difference_row_target)(a, b, n, out);
}

}  // namespace headlens
#endif
