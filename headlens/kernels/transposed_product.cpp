#include "headlens/kernels/transposed_product.h"

#include <cmath>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/transposed_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums of a tile that fit the registers beside the vectors they read.
#if HWY_TARGET <= HWY_AVX3
constexpr int kNarrowRows = 24, kWideRows = 12;
#else
constexpr int kNarrowRows = 12, kWideRows = 6;
#endif

template <typename T>
struct Operands {
  StridedMatrix<const T> a, b;
  std::int64_t depth;
  StridedMatrix<double> c;
  double sign;
};

template <typename T, int Rows, int Vectors>
HWY_INLINE void tile(const Operands<T>& p, std::int64_t i, std::int64_t j) {
  const hn::CappedTag<T, 16> tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  hn::Vec<decltype(tag)> sum[Rows][Vectors];
  HWY_UNROLL(24)
  for (int r = 0; r < Rows; ++r) {
    HWY_UNROLL(2)
    for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::Zero(tag);
  }
  const T* a = p.a.data + i;
  const T* b = p.b.data + j;
  for (std::int64_t k = 0; k < p.depth; ++k) {
    hn::Vec<decltype(tag)> right[Vectors];
    HWY_UNROLL(2)
    for (int v = 0; v < Vectors; ++v) right[v] = hn::LoadU(tag, b + v * lanes);
    HWY_UNROLL(24)
    for (int r = 0; r < Rows; ++r) {
      const auto left = hn::Set(tag, a[r]);
      HWY_UNROLL(2)
      for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
    a += p.a.stride;
    b += p.b.stride;
  }
  alignas(64) T row[16];
  HWY_UNROLL(24)
  for (int r = 0; r < Rows; ++r) {
    double* out = p.c.row(i + r) + j;
    HWY_UNROLL(2)
    for (int v = 0; v < Vectors; ++v) {
      hn::Store(sum[r][v], tag, row);
      for (std::int64_t l = 0; l < lanes; ++l) out[v * lanes + l] += p.sign * row[l];
    }
  }
}

template <typename T>
void scalar_columns(const Operands<T>& p, std::int64_t rows, std::int64_t first,
                    std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = first; j < columns; ++j) {
      T sum = 0;
      for (std::int64_t k = 0; k < p.depth; ++k) {
        sum = std::fma(p.a.row(k)[i], p.b.row(k)[j], sum);
      }
      p.c.row(i)[j] += p.sign * sum;
    }
  }
}

template <typename T, int Rows, int Vectors>
HWY_INLINE void tiles_down(const Operands<T>& p, std::int64_t rows, std::int64_t j) {
  std::int64_t i = 0;
  for (; i + Rows <= rows; i += Rows) tile<T, Rows, Vectors>(p, i, j);
  for (; i + 4 <= rows; i += 4) tile<T, 4, Vectors>(p, i, j);
  for (; i < rows; ++i) tile<T, 1, Vectors>(p, i, j);
}

template <typename T>
HWY_INLINE void product(const Operands<T>& p, std::int64_t rows, std::int64_t columns) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::CappedTag<T, 16>()));
  std::int64_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) tiles_down<T, kWideRows, 2>(p, rows, j);
  for (; j + lanes <= columns; j += lanes) tiles_down<T, kNarrowRows, 1>(p, rows, j);
  scalar_columns(p, rows, j, columns);
}

void float_product(StridedMatrix<const float> a, StridedMatrix<const float> b, std::int64_t depth,
                   std::int64_t rows, std::int64_t columns, StridedMatrix<double> c) {
  product<float>({a, b, depth, c, 1.0}, rows, columns);
}

void double_product(StridedMatrix<const double> a, StridedMatrix<const double> b,
                    std::int64_t depth, std::int64_t rows, std::int64_t columns,
                    StridedMatrix<double> c, double sign) {
  product<double>({a, b, depth, c, sign}, rows, columns);
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(float_product);
HWY_EXPORT(double_product);

void add_transposed_product(StridedMatrix<const float> a, StridedMatrix<const float> b,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns,
                            StridedMatrix<double> c) {
  HWY_DYNAMIC_DISPATCH(float_product)(a, b, depth, rows, columns, c);
}

void add_transposed_product(StridedMatrix<const double> a, StridedMatrix<const double> b,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns,
                            StridedMatrix<double> c) {
  HWY_DYNAMIC_DISPATCH(double_product)(a, b, depth, rows, columns, c, 1.0);
}

void subtract_transposed_product(StridedMatrix<const double> a, StridedMatrix<const double> b,
                                 std::int64_t depth, std::int64_t rows, std::int64_t columns,
                                 StridedMatrix<double> c) {
  HWY_DYNAMIC_DISPATCH(double_product)(a, b, depth, rows, columns, c, -1.0);
}

}  // namespace headlens
#endif
