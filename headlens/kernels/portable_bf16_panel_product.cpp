#include "headlens/kernels/portable_bf16_panel_product.h"

#include <algorithm>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/portable_bf16_panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "headlens/kernels/panel_tile-inl.h"

/// A bf16 number is the upper half of the float32 that it stands for.
struct PairVector {
  using Tag = hn::CappedTag<float, 16>;
  using Words = hn::RebindToUnsigned<Tag>;
  using Value = hn::Vec<Tag>;
  struct Operand {
    Value first, second;
  };
  using Word = BFloat16Pair;
  static constexpr Tag tag{};
  static constexpr Words words{};
#if HWY_TARGET <= HWY_AVX3
  static constexpr int max_vectors = 4;
  template <int vectors>
  static constexpr int max_rows = vectors == 4 ? 4 : 10;
#else
  static constexpr int max_vectors = 2;
  template <int vectors>
  static constexpr int max_rows = 4;
#endif
  static HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(tag)); }
  static HWY_INLINE Value zero() { return hn::Zero(tag); }
  static HWY_INLINE Operand split(hn::Vec<Words> pairs) {
    return {hn::BitCast(tag, hn::ShiftLeft<16>(pairs)),
            hn::BitCast(tag, hn::And(pairs, hn::Set(words, 0xffff0000u)))};
  }
  static HWY_INLINE Operand load(const Word* p) { return split(hn::LoadU(words, p)); }
  static HWY_INLINE Operand broadcast(const Word* p) { return split(hn::Set(words, *p)); }
  static HWY_INLINE Value multiply_add(const Operand& x, const Operand& y, Value sum) {
    return hn::MulAdd(x.first, y.first, hn::MulAdd(x.second, y.second, sum));
  }
  static HWY_INLINE Value load_sums(const float* p) { return hn::LoadU(tag, p); }
  static HWY_INLINE void store_sums(Value sum, float* p) { hn::StoreU(sum, tag, p); }
  static HWY_INLINE Value add(Value x, Value y) { return hn::Add(x, y); }
};

void multiply_pairs_target(const BFloat16Pair* a, std::int64_t a_stride, std::int64_t rows,
                           const BFloat16Pair* b, std::int64_t b_stride, std::int64_t depth,
                           const PanelOutput& out, const BFloat16Pair* ahead) {
  multiply_whole_panel<PairVector>(rows, {a, a_stride, b, b_stride, depth, out, ahead, 0});
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(multiply_pairs_target);

void portable_multiply_bf16_panel(const BFloat16Pair* a, std::int64_t a_stride, std::int64_t rows,
                                  const BFloat16Pair* b, std::int64_t b_stride, std::int64_t depth,
                                  const PanelOutput& out, const BFloat16Pair* ahead) {
  HWY_DYNAMIC_DISPATCH(multiply_pairs_target)
  (a, a_stride, rows, b, b_stride, depth, out, ahead);
}

}  // namespace headlens
#endif
