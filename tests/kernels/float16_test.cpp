#include "headlens/kernels/float16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace headlens {
namespace {

/// A finite half's value by the definition of the format.
double value_of(float16 bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double size =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

TEST(Float16, EveryHalfAndWhatLiesBetweenTwo) {
  for (int bits = 0; bits < 0x7c00; ++bits) {
    const auto here = static_cast<float16>(bits), next = static_cast<float16>(bits + 1);
    const auto negative = static_cast<float16>(bits | 0x8000);
    const auto exact = static_cast<float>(value_of(here));
    ASSERT_EQ(to_float16(exact), here);
    ASSERT_EQ(to_float16(-exact), negative);
    const double upper = bits == 0x7bff ? 65536.0 : value_of(next);
    const auto middle = static_cast<float>((value_of(here) + upper) / 2);
    const float16 even = bits % 2 == 0 ? here : next;
    ASSERT_EQ(to_float16(middle), even) << bits;
    ASSERT_EQ(to_float16(std::nextafter(middle, 0.0f)), here) << bits;
    ASSERT_EQ(to_float16(std::nextafter(middle, 1e9f)), next) << bits;
  }
}

TEST(Float16, BeyondTheLargest) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_float16(kInfinity), 0x7c00);
  EXPECT_EQ(to_float16(-1e30f), 0xfc00);
  EXPECT_EQ(to_float16(kLargestFloat16), 0x7bff);
  EXPECT_GT(to_float16(std::numeric_limits<float>::quiet_NaN()) & 0x7fff, 0x7c00);
}

}  // namespace
}  // namespace headlens
