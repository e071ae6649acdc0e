#include "headlens/kernels/activation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class Activations : public testing::TestWithParam<Activation> {
 protected:
  std::vector<float> apply(const std::vector<float>& x) const {
    std::vector<float> y(x.size());
    activate(GetParam(), x.data(), static_cast<std::int64_t>(x.size()), y.data());
    return y;
  }
  float apply(float x) const { return apply(std::vector{x})[0]; }
};

/// The bound everywhere: 1e-6 absolute, or 4 units in the last place of a float32.
double allowed(float expected) { return std::max(1e-6, 4 * 6e-8 * std::abs(double{expected})); }

TEST_P(Activations, EqualTorchInDoublePrecision) {
  const std::vector<float> x = golden_tensor("activations.safetensors", "x");
  const std::vector<float> expected =
      golden_tensor("activations.safetensors", std::string(to_string(GetParam())));
  ASSERT_GT(x.size(), 2000u);
  for_each_target([&] {
    const std::vector<float> y = apply(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(std::abs(double{y[i]} - double{expected[i]}), allowed(expected[i]))
          << "x " << x[i] << ": " << y[i] << ", not " << expected[i];
    }
  });
}

TEST_P(Activations, AreTheSameWhereverANumberLies) {
  const std::vector<float> x = random_numbers(70, 1, 3.0f);
  for_each_target([&] {
    for (std::size_t n = 0; n <= x.size(); ++n) {
      std::vector<float> y(n + 1, -77.0f), one(1);
      activate(GetParam(), x.data(), static_cast<std::int64_t>(n), y.data());
      EXPECT_EQ(y[n], -77.0f) << "wrote past " << n;
      for (std::size_t i = 0; i < n; ++i) {
        activate(GetParam(), &x[i], 1, one.data());
        ASSERT_EQ(y[i], one[0]) << i << " of " << n;
      }
    }
  });
}

TEST_P(Activations, MayWriteInPlace) {
  std::vector<float> x = random_numbers(37, 2);
  const std::vector<float> expected = apply(x);
  activate(GetParam(), x.data(), 37, x.data());
  EXPECT_EQ(x, expected);
}

TEST_P(Activations, GatedMultipliesByTheOtherFactor) {
  const std::vector<float> gate = random_numbers(41, 3), up = random_numbers(41, 4);
  for_each_target([&] {
    const std::vector<float> plain = apply(gate);
    std::vector<float> y(41), in_place = up;
    activate_gated(GetParam(), gate.data(), up.data(), 41, y.data());
    activate_gated(GetParam(), gate.data(), in_place.data(), 41, in_place.data());
    for (int i = 0; i < 41; ++i) EXPECT_FLOAT_EQ(y[i], plain[i] * up[i]);
    EXPECT_EQ(in_place, y);
  });
}

TEST_P(Activations, NanStaysNan) {
  for_each_target([&] {
    EXPECT_TRUE(std::isnan(apply(kNan)));
    EXPECT_TRUE(std::isnan(apply(std::vector<float>(64, kNan))[0]));
  });
}

TEST_P(Activations, PlusInfinityHasItsLimit) {
  const float limit = GetParam() == Activation::tanh ? 1.0f : kInfinity;
  for_each_target([&] { EXPECT_EQ(apply(kInfinity), limit); });
}

INSTANTIATE_TEST_SUITE_P(All, Activations,
                         testing::Values(Activation::gelu, Activation::gelu_tanh, Activation::relu,
                                         Activation::silu, Activation::tanh),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace headlens
