#include "headlens/kernels/reductions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr int kCounts[] = {1, 2, 7, 8, 15, 16, 17, 33, 64, 100, 1000};

TEST(LargestValue, LiesAnywhere) {
  for_each_target([] {
    EXPECT_EQ(largest_value(nullptr, 0), kMinusInfinity);
    for (const int n : {1, 5, 16, 17, 40}) {
      for (int at = 0; at < n; ++at) {
        std::vector<float> x(n, -5.0f);
        x[at] = -2.0f;
        ASSERT_EQ(largest_value(x.data(), n), -2.0f) << at << " of " << n;
      }
    }
  });
}

TEST(ExponentialSums, EqualDoublePrecision) {
  for_each_target([] {
    for (const int n : kCounts) {
      std::vector<float> x = random_numbers(n, n, 4.0f), terms(n + 1, -1.0f);
      const float shift = *std::max_element(x.begin(), x.end());
      double sum = 0, weighted = 0, size = 0;
      for (const float value : x) {
        const double term = std::exp(double{value} - shift);
        sum += term;
        weighted += term * value;
        size += term * std::abs(value);
      }
      for (float* out : {static_cast<float*>(nullptr), terms.data()}) {
        const ExponentialSums got = exponential_sums(x.data(), shift, n, out);
        ASSERT_NEAR(got.sum, sum, 5e-6 * sum);
        ASSERT_NEAR(got.weighted, weighted, 5e-6 * size);
      }
      for (int i = 0; i < n; ++i) {
        const double term = std::exp(double{x[i]} - shift);
        ASSERT_NEAR(terms[i], term, 4e-6 * term);
      }
      ASSERT_EQ(terms[n], -1.0f) << "wrote past the row";
    }
  });
}

TEST(DotProduct, EqualsDoublePrecision) {
  for_each_target([] {
    EXPECT_EQ(dot_product(nullptr, nullptr, 0), 0.0f);
    for (const int n : kCounts) {
      const std::vector<float> a = random_numbers(n, n), b = random_numbers(n, n + 1);
      double sum = 0, size = 0;
      for (int i = 0; i < n; ++i) {
        sum += double{a[i]} * b[i];
        size += std::abs(double{a[i]} * b[i]);
      }
      ASSERT_NEAR(dot_product(a.data(), b.data(), n), sum, 3e-6 * size);
    }
  });
}

TEST(FindAtLeast, FindsAllInOrder) {
  for_each_target([] {
    for (const int n : kCounts) {
      const std::vector<float> x = random_numbers(n, n);
      for (const float threshold : {-100.0f, -1.0f, 0.0f, x[n / 2], 1.5f, 100.0f}) {
        std::vector<std::int32_t> expected, got(n);
        for (int i = 0; i < n; ++i) {
          if (x[i] >= threshold) expected.push_back(i);
        }
        got.resize(find_at_least(x.data(), threshold, n, got.data()));
        ASSERT_EQ(got, expected) << n << " from " << threshold;
      }
    }
  });
}

}  // namespace
}  // namespace headlens
