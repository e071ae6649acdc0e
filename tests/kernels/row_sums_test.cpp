#include "headlens/kernels/row_sums.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

constexpr int kCounts[] = {0, 1, 3, 7, 8, 15, 16, 17, 33, 64, 100};

/// One number more than is asked for, which must stay as it is.
std::vector<float> numbers(int n, int seed) { return random_numbers(n + 1, seed, 2.0f); }

TEST(RowSums, AreThoseOfEveryNumberAlone) {
  for_each_target([] {
    for (const int n : kCounts) {
      const std::vector<float> x = numbers(n, 1), y = numbers(n, 2);
      std::vector<float> sum = y, rest = y, difference(n + 1, 9.0f);
      add_row(x.data(), n, sum.data());
      subtract_row(x.data(), n, rest.data());
      difference_row(x.data(), y.data(), n, difference.data());
      for (int i = 0; i < n; ++i) {
        EXPECT_EQ(sum[i], y[i] + x[i]);
        EXPECT_EQ(rest[i], y[i] - x[i]);
        EXPECT_EQ(difference[i], x[i] - y[i]);
      }
      EXPECT_EQ(sum[n], y[n]);
      EXPECT_EQ(rest[n], y[n]);
      EXPECT_EQ(difference[n], 9.0f);
    }
  });
}

}  // namespace
}  // namespace headlens
