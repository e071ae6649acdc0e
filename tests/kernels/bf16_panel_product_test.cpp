#include "headlens/kernels/bf16_panel_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/portable_bf16_panel_product.h"
#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

std::vector<BFloat16Pair> random_pairs(std::int64_t n, unsigned seed) {
  const std::vector<float> numbers = random_numbers(2 * n, seed);
  std::vector<BFloat16Pair> pairs(n);
  round_to_bfloat16(numbers, reinterpret_cast<bfloat16*>(pairs.data()));
  return pairs;
}

double term_sum(BFloat16Pair x, BFloat16Pair y, double& size) {
  const auto low = [](BFloat16Pair p) { return from_bfloat16(static_cast<bfloat16>(p & 0xffff)); };
  const auto high = [](BFloat16Pair p) { return from_bfloat16(static_cast<bfloat16>(p >> 16)); };
  const double first = double{low(x)} * low(y), second = double{high(x)} * high(y);
  size += std::abs(first) + std::abs(second);
  return first + second;
}

using Multiply = void (*)(const BFloat16Pair*, std::int64_t, std::int64_t, const BFloat16Pair*,
                          std::int64_t, std::int64_t, const PanelOutput&, const BFloat16Pair*);

void expect_product(Multiply multiply, std::int64_t rows, std::int64_t depth, std::int64_t columns,
                    bool accumulate) {
  SCOPED_TRACE(testing::Message() << rows << " x " << depth << " pairs x " << columns);
  const auto a = random_pairs(rows * depth, 1);
  const auto b = random_pairs(depth * kPanelColumns + 64, 2);
  const std::vector<float> before = random_numbers(rows * kPanelColumns, 3);
  std::vector<float> c = before;
  multiply(a.data(), depth, rows, b.data(), kPanelColumns, depth,
           {c.data(), kPanelColumns, columns, accumulate}, nullptr);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t j = 0; j < kPanelColumns; ++j) {
      const std::int64_t at = r * kPanelColumns + j;
      if (j >= columns) {
        ASSERT_EQ(c[at], before[at]) << "wrote past the columns at row " << r;
        continue;
      }
      double sum = 0, size = 1;
      for (std::int64_t k = 0; k < depth; ++k) {
        sum += term_sum(a[r * depth + k], b[k * kPanelColumns + j], size);
      }
      ASSERT_NEAR(c[at], sum + (accumulate ? before[at] : 0.0), 3e-7 * size) << r << ", " << j;
    }
  }
}

void expect_products(Multiply multiply) {
  for (std::int64_t rows = 0; rows <= 31; ++rows) {
    expect_product(multiply, rows, 9, 64, rows % 2 == 0);
    expect_product(multiply, rows, 33, 1 + 2 * rows, rows % 2 == 1);
  }
  expect_product(multiply, 5, 0, 64, false);
  expect_product(multiply, 5, 600, 64, true);
}

TEST(BFloat16PanelProduct, EqualsDoublePrecision) { expect_products(multiply_bf16_panel); }

TEST(PortableBFloat16PanelProduct, EqualsDoublePrecision) {
  for_each_target([] { expect_products(portable_multiply_bf16_panel); });
}

TEST(PortableBFloat16PanelProduct, ARowDoesNotDependOnTheRowsBesideIt) {
  for_each_target([] {
    const auto a = random_pairs(40 * 37, 1), b = random_pairs(37 * 64 + 64, 2);
    std::vector<float> together(40 * 64), alone(64);
    portable_multiply_bf16_panel(a.data(), 37, 40, b.data(), 64, 37, {together.data(), 64, 64},
                                 nullptr);
    for (std::int64_t r = 0; r < 40; ++r) {
      portable_multiply_bf16_panel(a.data() + r * 37, 37, 1, b.data(), 64, 37,
                                   {alone.data(), 64, 64}, nullptr);
      for (int j = 0; j < 64; ++j) ASSERT_EQ(together[r * 64 + j], alone[j]) << r << ", " << j;
    }
  });
}

}  // namespace
}  // namespace headlens
