#include "headlens/kernels/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

/// Float32 sums of 50257 terms in one lane, as the scalar target has it, are off by 6e-5.
constexpr double kLongRowTolerance = 1e-4;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

std::vector<double> softmax(const std::vector<float>& x) {
  const double largest = x.empty() ? 0.0 : *std::max_element(x.begin(), x.end());
  std::vector<double> y;
  for (const float value : x) y.push_back(std::exp(value - largest));
  const double sum = std::accumulate(y.begin(), y.end(), 0.0);
  for (double& value : y) value /= sum;
  return y;
}

/// A millionth of each probability, whatever its size, and what rounding x - maximum in float32
/// costs on top; what is below 1e-37 may be 0.
void expect_softmax(const std::vector<float>& x) {
  std::vector<float> y = x;
  y.push_back(-3.0f);
  softmax_row(y.data(), static_cast<std::int64_t>(x.size()));
  ASSERT_EQ(y.back(), -3.0f) << "wrote past the row";
  const std::vector<double> expected = softmax(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double shift = std::isinf(x[i]) ? 0.0 : std::abs(std::log(expected[i] + 1e-300));
    const double sum_error = 1e-9 * static_cast<double>(x.size());
    const double tolerance = (2e-6 + sum_error + 1.2e-7 * shift) * expected[i] + 1e-37;
    ASSERT_NEAR(y[i], expected[i], tolerance) << i << " of " << x.size();
  }
}

TEST(Softmax, EqualsDoublePrecision) {
  for_each_target([] {
    for (const int n : {0, 1, 2, 7, 8, 16, 17, 31, 64, 100, 1000, 4099}) {
      expect_softmax(random_numbers(n, n + 1, 0.1f));
      expect_softmax(random_numbers(n, n + 1, 5.0f));
      expect_softmax(random_numbers(n, n + 1, 20.0f));
    }
  });
}

TEST(Softmax, ShiftsDoNotMatter) {
  for_each_target([] {
    for (const float shift : {-1e4f, 1e4f, 3e38f, -3e38f}) {
      expect_softmax(std::vector<float>(19, shift));
      std::vector<float> x(19, 0.0f);
      x[7] = shift;
      expect_softmax(x);
    }
  });
}

TEST(Softmax, MaskedEntriesGetNothing) {
  for_each_target([] {
    for (const std::size_t n : {2u, 17u, 48u, 1000u}) {
      for (const std::size_t stride : {2u, 3u, 16u}) {
        std::vector<float> x = random_numbers(n, 3, 4.0f);
        for (std::size_t i = 0; i < n; i += stride) x[i] = kMinusInfinity;
        std::vector<float> y = x;
        softmax_row(y.data(), static_cast<std::int64_t>(n));
        for (std::size_t i = 0; i < n; i += stride) ASSERT_EQ(y[i], 0.0f) << i << " of " << n;
        expect_softmax(x);
      }
    }
  });
}

TEST(Softmax, OneVisibleEntryGetsAll) {
  for_each_target([] {
    for (std::size_t at = 0; at < 21; ++at) {
      std::vector<float> x(21, kMinusInfinity);
      x[at] = -123.0f;
      softmax_row(x.data(), 21);
      for (std::size_t i = 0; i < 21; ++i) ASSERT_EQ(x[i], i == at ? 1.0f : 0.0f);
    }
  });
}

TEST(Softmax, SumsToOne) {
  for_each_target([] {
    std::vector<float> x = random_numbers(50257, 8, 3.0f);
    softmax_row(x.data(), 50257);
    EXPECT_NEAR(std::accumulate(x.begin(), x.end(), 0.0), 1.0, kLongRowTolerance);
  });
}

TEST(LogSumExp, EqualsDoublePrecision) {
  for_each_target([] {
    for (const int n : {1, 2, 17, 1000, 50257}) {
      for (const float spread : {0.1f, 3.0f, 30.0f}) {
        const std::vector<float> x = random_numbers(n, n, spread);
        const double largest = *std::max_element(x.begin(), x.end());
        double sum = 0;
        for (const float value : x) sum += std::exp(value - largest);
        const LogSumExp got = log_sum_exp(x.data(), n);
        ASSERT_EQ(got.maximum, static_cast<float>(largest));
        ASSERT_NEAR(got.sum, sum, kLongRowTolerance * sum);
      }
    }
  });
}

TEST(LogSumExp, MaskedEntriesAddNothing) {
  for_each_target([] {
    std::vector<float> x(37, kMinusInfinity);
    x[5] = x[36] = 700.0f;
    const LogSumExp got = log_sum_exp(x.data(), 37);
    EXPECT_EQ(got.maximum, 700.0f);
    EXPECT_NEAR(got.sum, 2.0, 1e-6);
  });
}

TEST(ScaleRow, MultipliesEveryEntry) {
  for_each_target([] {
    for (int n = 0; n < 40; ++n) {
      std::vector<float> x = random_numbers(n + 1, n), before = x;
      scale_row(x.data(), -1.5f, n);
      for (int i = 0; i < n; ++i) ASSERT_EQ(x[i], before[i] * -1.5f);
      ASSERT_EQ(x[n], before[n]);
    }
  });
}

}  // namespace
}  // namespace headlens
