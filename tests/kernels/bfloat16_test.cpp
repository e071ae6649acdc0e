#include "headlens/kernels/bfloat16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

TEST(BFloat16, RoundsAsTorchDoes) {
  const std::vector<float> x = golden_tensor("bfloat16.safetensors", "x");
  const std::vector<float> expected = golden_tensor("bfloat16.safetensors", "rounded");
  ASSERT_EQ(x.size(), 2u * 256 * 16);
  for_each_target([&] {
    std::vector<bfloat16> rounded(x.size());
    round_to_bfloat16(x, rounded.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(rounded[i], to_bfloat16(x[i])) << x[i];
      const float back = from_bfloat16(rounded[i]);
      if (std::isnan(x[i])) {
        ASSERT_TRUE(std::isnan(back));
      } else {
        ASSERT_EQ(back, expected[i]) << x[i];
        ASSERT_EQ(std::signbit(back), std::signbit(expected[i])) << x[i];
      }
    }
  });
}

TEST(BFloat16, TiesGoToTheEvenNeighbour) {
  // 1 has an even last bit and 1 + 2^-7 an odd one; 1 + 2^-8 lies halfway.
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.0f + 0x1p-8f)), 1.0f);
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.0f + 0x1p-7f + 0x1p-8f)), 1.0f + 0x1p-6f);
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.0f + 0x1p-8f + 0x1p-23f)), 1.0f + 0x1p-7f);
}

TEST(BFloat16, EveryValueComesBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto value = static_cast<bfloat16>(bits);
    const float wide = from_bfloat16(value);
    if (std::isnan(wide)) {
      ASSERT_TRUE(std::isnan(from_bfloat16(to_bfloat16(wide))));
    } else {
      ASSERT_EQ(to_bfloat16(wide), value);
    }
  }
}

TEST(BFloat16, TheLargestFloatsRoundToInfinity) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(from_bfloat16(to_bfloat16(largest)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(from_bfloat16(to_bfloat16(-largest)), -std::numeric_limits<float>::infinity());
}

TEST(BFloat16, WritesAsManyAsItReads) {
  for_each_target([] {
    for (std::size_t n = 0; n < 70; ++n) {
      const std::vector<float> x = random_numbers(n, 5);
      std::vector<bfloat16> y(n + 1, 0x1234);
      round_to_bfloat16(x, y.data());
      ASSERT_EQ(y[n], 0x1234) << n;
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], to_bfloat16(x[i]));
    }
  });
}

}  // namespace
}  // namespace headlens
