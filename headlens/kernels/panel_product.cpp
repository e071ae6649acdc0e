#include "headlens/kernels/panel_product.h"

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/cache_control.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::CappedTag<float, 16>;
constexpr F kFloat{};
HWY_INLINE std::int64_t vector_lanes() { return static_cast<std::int64_t>(hn::Lanes(kFloat)); }

// How many vectors of the panel one pass holds in registers, and how many rows beside them: rows x
// vectors accumulators, plus the panel's vectors, must fit the register file (32 or 16).
#if HWY_TARGET <= HWY_AVX3
constexpr int kVectors = 4;
constexpr int kRows = 6;
#else
constexpr int kVectors = 2;
constexpr int kRows = 6;
#endif
constexpr std::int64_t kPrefetchBytes = 4096;

template <int Rows, int Vectors>
HWY_INLINE void tile(const float* HWY_RESTRICT a, std::int64_t a_stride,
                     const float* HWY_RESTRICT b, std::int64_t b_stride, std::int64_t depth,
                     float* HWY_RESTRICT c, std::int64_t c_stride, std::int64_t columns,
                     bool accumulate) {
  const std::int64_t lanes = vector_lanes();
  hn::Vec<F> sum[Rows][Vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::Zero(kFloat);
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    const float* row = b + k * b_stride;
    hn::Vec<F> weight[Vectors];
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) {
      hwy::Prefetch(reinterpret_cast<const char*>(row + v * lanes) + kPrefetchBytes);
      weight[v] = hn::LoadU(kFloat, row + v * lanes);
    }
    HWY_UNROLL(8)
    for (int r = 0; r < Rows; ++r) {
      const auto x = hn::Set(kFloat, a[r * a_stride + k]);
      HWY_UNROLL(8)
      for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::MulAdd(x, weight[v], sum[r][v]);
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < Vectors; ++v) {
      float* out = c + r * c_stride + v * lanes;
      const std::int64_t left = columns - v * lanes;
      if (left >= lanes) {
        hn::StoreU(accumulate ? hn::Add(hn::LoadU(kFloat, out), sum[r][v]) : sum[r][v], kFloat,
                   out);
      } else if (left > 0) {
        HWY_ALIGN float whole[16];
        hn::Store(sum[r][v], kFloat, whole);
        for (std::int64_t i = 0; i < left; ++i) out[i] = accumulate ? out[i] + whole[i] : whole[i];
      }
    }
  }
}

template <int Vectors>
HWY_INLINE void rows_of_tiles(const float* a, std::int64_t a_stride, std::int64_t rows,
                              const float* b, std::int64_t b_stride, std::int64_t depth, float* c,
                              std::int64_t c_stride, std::int64_t columns, bool accumulate) {
  const auto run = [&]<int Rows>(std::int64_t r) {
    tile<Rows, Vectors>(a + r * a_stride, a_stride, b, b_stride, depth, c + r * c_stride, c_stride,
                        columns, accumulate);
  };
  std::int64_t r = 0;
  // Two equal halves beat one full tile and a thin rest: 14 rows go as 5 + 5 + 4, 8 as 4 + 4.
  const std::int64_t tiles = (rows + kRows - 1) / kRows;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t n = (rows - r + tiles - t - 1) / (tiles - t);
    switch (n) {
      case 6:
        run.template operator()<6>(r);
        break;
      case 5:
        run.template operator()<5>(r);
        break;
      case 4:
        run.template operator()<4>(r);
        break;
      case 3:
        run.template operator()<3>(r);
        break;
      case 2:
        run.template operator()<2>(r);
        break;
      default:
        run.template operator()<1>(r);
        break;
    }
    r += n;
  }
}

void multiply_panel_target(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                           std::int64_t b_stride, std::int64_t depth, float* c,
                           std::int64_t c_stride, std::int64_t columns, bool accumulate) {
  const std::int64_t lanes = vector_lanes();
  for (std::int64_t j = 0; j < columns;) {
    const std::int64_t vectors = (columns - j + lanes - 1) / lanes;
    const auto run = [&]<int Vectors>() {
      rows_of_tiles<Vectors>(a, a_stride, rows, b + j, b_stride, depth, c + j, c_stride,
                             columns - j < Vectors * lanes ? columns - j : Vectors * lanes,
                             accumulate);
      j += Vectors * lanes;
    };
    if constexpr (kVectors >= 4) {
      if (vectors >= 4) {
        run.template operator()<4>();
        continue;
      }
      if (vectors == 3) {
        run.template operator()<3>();
        continue;
      }
    }
    if (vectors >= 2) {
      run.template operator()<2>();
    } else {
      run.template operator()<1>();
    }
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(multiply_panel_target);

void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                    std::int64_t b_stride, std::int64_t depth, float* c, std::int64_t c_stride,
                    std::int64_t columns, bool accumulate) {
  HWY_DYNAMIC_DISPATCH(multiply_panel_target)
  (a, a_stride, rows, b, b_stride, depth, c, c_stride, columns, accumulate);
}

}  // namespace headlens
#endif
