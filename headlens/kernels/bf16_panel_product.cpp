#include "headlens/kernels/bf16_panel_product.h"

#include <hwy/base.h>

#include <algorithm>

#include "headlens/kernels/portable_bf16_panel_product.h"

#if HWY_ARCH_X86_64
#include <immintrin.h>

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
namespace headlens {
namespace bf16_instructions {
namespace {

#include "headlens/kernels/panel_tile-inl.h"

/// Highway 1.0 has no such product.
struct PairVector {
  using Value = __m512;
  using Operand = Value;
  using Word = BFloat16Pair;
  static constexpr int max_vectors = 4;
  template <int vectors>
  static constexpr int max_rows = vectors == 4 ? 6 : 14;
  static HWY_INLINE std::int64_t lanes() { return 16; }
  static HWY_INLINE Value zero() { return _mm512_setzero_ps(); }
  static HWY_INLINE Value load(const Word* p) { return _mm512_loadu_ps(p); }
  static HWY_INLINE Value broadcast(const Word* p) {
    return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(*p)));
  }
  static HWY_INLINE Value multiply_add(Value x, Value y, Value sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(y));
  }
  static HWY_INLINE Value load_sums(const float* p) { return _mm512_loadu_ps(p); }
  static HWY_INLINE void store_sums(Value sum, float* p) { _mm512_storeu_ps(p, sum); }
  static HWY_INLINE Value add(Value x, Value y) { return _mm512_add_ps(x, y); }
};

void multiply(std::int64_t rows, const TileProduct<PairVector>& p) {
  multiply_whole_panel<PairVector>(rows, p);
}

}  // namespace
}  // namespace bf16_instructions
}  // namespace headlens
HWY_POP_ATTRIBUTES
#endif

namespace headlens {

bool has_bf16_instructions() {
#if HWY_ARCH_X86_64
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bf16");
  return has;
#else
  return false;
#endif
}

void multiply_bf16_panel(const BFloat16Pair* a, std::int64_t a_stride, std::int64_t rows,
                         const BFloat16Pair* b, std::int64_t b_stride, std::int64_t depth,
                         const PanelOutput& out, const BFloat16Pair* ahead) {
#if HWY_ARCH_X86_64
  if (has_bf16_instructions()) {
    return bf16_instructions::multiply(rows, {a, a_stride, b, b_stride, depth, out, ahead, 0});
  }
#endif
  portable_multiply_bf16_panel(a, a_stride, rows, b, b_stride, depth, out, ahead);
}

}  // namespace headlens
