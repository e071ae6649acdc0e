#include "headlens/kernels/transposed_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

struct Sizes {
  std::int64_t depth, rows, columns;
};

constexpr Sizes kSizes[] = {{1, 1, 1},    {7, 5, 3},    {96, 577, 16}, {33, 24, 32},
                            {50, 61, 47}, {3, 100, 64}, {0, 4, 4},     {384, 13, 17}};

template <typename T>
void expect_product(const Sizes& size, double sign, double rounding) {
  SCOPED_TRACE(testing::Message() << size.depth << " " << size.rows << " " << size.columns);
  const std::int64_t a_stride = size.rows + 5, b_stride = size.columns + 2;
  const std::int64_t c_stride = size.columns + 3;
  const std::vector<float> some_a = random_numbers(size.depth * a_stride, 1);
  const std::vector<float> some_b = random_numbers(size.depth * b_stride, 2);
  const std::vector<T> a(some_a.begin(), some_a.end()), b(some_b.begin(), some_b.end());
  const std::vector<float> before = random_numbers(size.rows * c_stride, 3);
  std::vector<double> c(before.begin(), before.end());
  const auto product = [&] {
    if constexpr (std::is_same_v<T, double>) {
      if (sign < 0) {
        return subtract_transposed_product({a.data(), a_stride}, {b.data(), b_stride}, size.depth,
                                           size.rows, size.columns, {c.data(), c_stride});
      }
    }
    add_transposed_product({a.data(), a_stride}, {b.data(), b_stride}, size.depth, size.rows,
                           size.columns, {c.data(), c_stride});
  };
  product();
  for (std::int64_t i = 0; i < size.rows; ++i) {
    for (std::int64_t j = 0; j < c_stride; ++j) {
      double sum = before[i * c_stride + j], scale = 1;
      for (std::int64_t k = 0; j < size.columns && k < size.depth; ++k) {
        const double term = static_cast<double>(a[k * a_stride + i]) * b[k * b_stride + j];
        sum += sign * term;
        scale += std::abs(term);
      }
      ASSERT_NEAR(c[i * c_stride + j], sum, rounding * scale) << i << ", " << j;
    }
  }
}

TEST(TransposedProduct, IsThatOfSlowSums) {
  for_each_target([] {
    for (const Sizes& size : kSizes) {
      expect_product<float>(size, 1, 5e-7);
      expect_product<double>(size, 1, 1e-14);
      expect_product<double>(size, -1, 1e-14);
    }
  });
}

}  // namespace
}  // namespace headlens
