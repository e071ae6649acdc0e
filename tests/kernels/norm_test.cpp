#include "headlens/kernels/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

struct Expected {
  double scale = 0;
  std::vector<double> y;
};

/// In double precision, two passes; the mean is 0 for the RMS norm.
Expected norm(const std::vector<float>& x, const float* weight, const float* bias, double epsilon,
              bool centered) {
  const auto n = static_cast<double>(x.size());
  double mean = 0, square = 0;
  for (const float value : x) mean += centered ? value / n : 0.0;
  for (const float value : x) square += (value - mean) * (value - mean) / n;
  Expected expected{std::sqrt(square + epsilon), {}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected.y.push_back((x[i] - mean) / expected.scale * (weight ? weight[i] : 1.0) +
                         (bias ? bias[i] : 0.0));
  }
  return expected;
}

void expect_near(const std::vector<float>& y, float scale, const Expected& expected,
                 double tolerance) {
  EXPECT_NEAR(scale, expected.scale, 1e-6 * expected.scale);
  for (std::size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], expected.y[i], tolerance * std::max(1.0, std::abs(expected.y[i])))
        << i << " of " << y.size();
  }
}

constexpr int kWidths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 36, 64, 65, 576, 1000};

TEST(LayerNorm, EqualsDoublePrecision) {
  for_each_target([] {
    for (const int n : kWidths) {
      std::vector<float> x = random_numbers(n, n), weight = random_numbers(n, n + 1),
                         bias = random_numbers(n, n + 2), y(n);
      for (float& value : x) value = value * 3 + 0.7f;
      for (const bool has_weight : {false, true}) {
        for (const bool has_bias : {false, true}) {
          const float* w = has_weight ? weight.data() : nullptr;
          const float* b = has_bias ? bias.data() : nullptr;
          const float scale = layer_norm_row(x.data(), w, b, 1e-5, n, y.data());
          expect_near(y, scale, norm(x, w, b, 1e-5, true), 4e-6);
        }
      }
    }
  });
}

TEST(RmsNorm, EqualsDoublePrecision) {
  for_each_target([] {
    for (const int n : kWidths) {
      const std::vector<float> x = random_numbers(n, n, 5.0f), weight = random_numbers(n, n + 1);
      std::vector<float> y(n);
      for (const float* w : {static_cast<const float*>(nullptr), weight.data()}) {
        const float scale = rms_norm_row(x.data(), w, 1e-6, n, y.data());
        expect_near(y, scale, norm(x, w, nullptr, 1e-6, false), 2e-6);
      }
    }
  });
}

TEST(Norms, WorkInPlace) {
  std::vector<float> x = random_numbers(100, 9), y(100);
  const std::vector<float> weight = random_numbers(100, 10);
  layer_norm_row(x.data(), weight.data(), weight.data(), 1e-5, 100, y.data());
  std::vector<float> in_place = x;
  layer_norm_row(in_place.data(), weight.data(), weight.data(), 1e-5, 100, in_place.data());
  EXPECT_EQ(in_place, y);
  rms_norm_row(x.data(), weight.data(), 1e-5, 100, y.data());
  rms_norm_row(x.data(), weight.data(), 1e-5, 100, x.data());
  EXPECT_EQ(x, y);
}

TEST(Norms, EpsilonKeepsConstantRowsFinite) {
  for_each_target([] {
    std::vector<float> x(33, 5.0f), y(33);
    EXPECT_FLOAT_EQ(layer_norm_row(x.data(), nullptr, nullptr, 1e-4, 33, y.data()), 0.01f);
    for (const float value : y) EXPECT_EQ(value, 0.0f);
    std::fill(x.begin(), x.end(), 0.0f);
    EXPECT_FLOAT_EQ(rms_norm_row(x.data(), nullptr, 1e-4, 33, y.data()), 0.01f);
    for (const float value : y) EXPECT_EQ(value, 0.0f);
  });
}

/// Real residual streams hold a few numbers in the ten-thousands beside small ones.
TEST(Norms, MassiveActivationsKeepTheSmallNumbers) {
  for_each_target([] {
    std::vector<float> x = random_numbers(576, 11), y(576);
    x[3] = 30000.0f;
    x[500] = -12000.0f;
    const float scale = layer_norm_row(x.data(), nullptr, nullptr, 1e-5, 576, y.data());
    expect_near(y, scale, norm(x, nullptr, nullptr, 1e-5, true), 4e-6);
  });
}

TEST(Norms, WriteNothingPastTheRow) {
  for_each_target([] {
    for (int n = 1; n < 40; ++n) {
      const std::vector<float> x = random_numbers(n, n);
      std::vector<float> y(n + 1, -5.0f);
      layer_norm_row(x.data(), nullptr, nullptr, 1e-5, n, y.data());
      rms_norm_row(x.data(), nullptr, 1e-5, n, y.data());
      ASSERT_EQ(y[n], -5.0f);
    }
  });
}

}  // namespace
}  // namespace headlens
