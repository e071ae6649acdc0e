#include "headlens/kernels/panel_product.h"

#include <algorithm>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "headlens/kernels/panel_tile-inl.h"

struct FloatVector {
  using Tag = hn::CappedTag<float, 16>;
  using Value = hn::Vec<Tag>;
  using Operand = Value;
  using Word = float;
  static constexpr Tag tag{};
#if HWY_TARGET <= HWY_AVX3
  static constexpr int max_vectors = 4;
  template <int vectors>
  static constexpr int max_rows = vectors == 4 ? 6 : 14;
#else
  static constexpr int max_vectors = 2;
  template <int vectors>
  static constexpr int max_rows = 6;
#endif
  static HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(tag)); }
  static HWY_INLINE Value zero() { return hn::Zero(tag); }
  static HWY_INLINE Value load(const float* p) { return hn::LoadU(tag, p); }
  static HWY_INLINE Value broadcast(const float* p) { return hn::Set(tag, *p); }
  static HWY_INLINE Value multiply_add(Value x, Value y, Value sum) {
    return hn::MulAdd(x, y, sum);
  }
  static HWY_INLINE Value load_sums(const float* p) { return hn::LoadU(tag, p); }
  static HWY_INLINE void store_sums(Value sum, float* p) { hn::StoreU(sum, tag, p); }
  static HWY_INLINE Value add(Value x, Value y) { return hn::Add(x, y); }
};

void multiply_panel_target(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                           std::int64_t b_stride, std::int64_t depth, const PanelOutput& out,
                           const float* ahead) {
  multiply_whole_panel<FloatVector>(rows, {a, a_stride, b, b_stride, depth, out, ahead, 0});
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(multiply_panel_target);

void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                    std::int64_t b_stride, std::int64_t depth, const PanelOutput& out,
                    const float* ahead) {
  HWY_DYNAMIC_DISPATCH(multiply_panel_target)(a, a_stride, rows, b, b_stride, depth, out, ahead);
}

}  // namespace headlens
#endif
