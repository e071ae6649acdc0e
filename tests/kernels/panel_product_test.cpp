#include "headlens/kernels/panel_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

struct Problem {
  std::int64_t rows, depth, columns;
  std::int64_t a_stride, b_stride, c_stride;
};

/// Runs one product between guard values and compares it with sums in double precision.
void expect_product(const Problem& p, bool accumulate) {
  SCOPED_TRACE(testing::Message() << p.rows << " x " << p.depth << " x " << p.columns);
  const std::vector<float> a = random_numbers(p.rows * p.a_stride, 1);
  // The kernel may read, and prefetch, whole vectors past the columns.
  const std::vector<float> b = random_numbers(p.depth * p.b_stride + 64, 2);
  const std::vector<float> before = random_numbers(p.rows * p.c_stride, 3);
  std::vector<float> c = before;
  multiply_panel(a.data(), p.a_stride, p.rows, b.data(), p.b_stride, p.depth,
                 {c.data(), p.c_stride, p.columns, accumulate});
  for (std::int64_t r = 0; r < p.rows; ++r) {
    for (std::int64_t j = 0; j < p.c_stride; ++j) {
      const std::int64_t at = r * p.c_stride + j;
      if (j >= p.columns) {
        ASSERT_EQ(c[at], before[at]) << "wrote past the columns at row " << r;
        continue;
      }
      double sum = 0, size = 1;
      for (std::int64_t k = 0; k < p.depth; ++k) {
        const double term = double{a[r * p.a_stride + k]} * b[k * p.b_stride + j];
        sum += term;
        size += std::abs(term);
      }
      ASSERT_NEAR(c[at], sum + (accumulate ? before[at] : 0.0), 3e-7 * size) << r << ", " << j;
    }
  }
}

TEST(PanelProduct, EveryNumberOfColumns) {
  for_each_target([] {
    for (std::int64_t columns = 1; columns <= kPanelColumns; ++columns) {
      expect_product({7, 11, columns, 11, 64, columns + 3}, columns % 2 == 0);
    }
  });
}

TEST(PanelProduct, EveryNumberOfRows) {
  for_each_target([] {
    for (std::int64_t rows = 0; rows <= 70; ++rows) {
      expect_product({rows, 9, 64, 10, 64, 64}, rows % 2 == 0);
      expect_product({rows, 9, 36, 9, 48, 40}, rows % 2 == 1);
    }
  });
}

TEST(PanelProduct, DeepAndShallow) {
  for_each_target([] {
    for (const std::int64_t depth : {0, 1, 2, 63, 64, 65, 1000}) {
      expect_product({5, depth, 64, depth + 1, 64, 64}, false);
      expect_product({5, depth, 6, depth, 16, 6}, true);
    }
  });
}

/// Bias and the sums over earlier inputs, whole vectors of columns and the rest.
TEST(PanelProduct, AddsBiasAndPartialSums) {
  for_each_target([] {
    constexpr std::int64_t kRows = 15, kDepth = 9;
    const std::vector<float> a = random_numbers(kRows * kDepth, 1);
    const std::vector<float> b = random_numbers(kDepth * 64 + 64, 2);
    const std::vector<float> bias = random_numbers(64, 4), partial = random_numbers(kRows * 64, 5);
    for (std::int64_t columns = 1; columns <= kPanelColumns; ++columns) {
      const std::vector<float> before = random_numbers(kRows * 64, 3);
      std::vector<float> sums(kRows * 64), c = before;
      const bool accumulate = columns % 2 == 0;
      multiply_panel(a.data(), kDepth, kRows, b.data(), 64, kDepth, {sums.data(), 64, columns});
      multiply_panel(a.data(), kDepth, kRows, b.data(), 64, kDepth,
                     {c.data(), 64, columns, accumulate, bias.data(), partial.data()});
      for (std::int64_t i = 0; i < kRows * 64; ++i) {
        const float value = partial[i] + sums[i] + bias[i % 64];
        const float expected = i % 64 >= columns ? before[i]
                               : accumulate      ? value + before[i]
                                                 : value;
        ASSERT_EQ(c[i], expected) << columns << " columns, row " << i / 64 << ", " << i % 64;
      }
    }
  });
}

/// So that a sequence's numbers do not depend on the batch it runs in.
TEST(PanelProduct, ARowDoesNotDependOnTheRowsBesideIt) {
  for_each_target([] {
    const std::vector<float> a = random_numbers(70 * 37, 1), b = random_numbers(37 * 64 + 64, 2);
    std::vector<float> together(70 * 64), alone(64);
    multiply_panel(a.data(), 37, 70, b.data(), 64, 37, {together.data(), 64, 64});
    for (std::int64_t r = 0; r < 70; ++r) {
      multiply_panel(a.data() + r * 37, 37, 1, b.data(), 64, 37, {alone.data(), 64, 64});
      for (int j = 0; j < 64; ++j) ASSERT_EQ(together[r * 64 + j], alone[j]) << r << ", " << j;
    }
  });
}

}  // namespace
}  // namespace headlens
