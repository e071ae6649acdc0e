#include "headlens/kernels/dequantize.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using testing::bytes_of;
using testing::fails_with;

/// Runs `body` once with every instruction set that this processor and build have.
template <typename Body>
void for_each_target(const Body& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Dequantize, EqualsTheGgufPackageInEveryBit) {
  const GgufFile file = read_gguf(testing::golden("every_type.gguf"));
  const std::vector<float> expected = testing::read_expected("every_type.gguf.f32");
  for_each_target(
      [&] { testing::expect_same_bits(testing::decode_all(file.checkpoint()), expected); });
}

TEST(Dequantize, GoldenHasEveryType) {
  const GgufFile file = read_gguf(testing::golden("every_type.gguf"));
  std::set<DType> seen;
  for (const auto& [name, tensor] : file.checkpoint().tensors) seen.insert(tensor.dtype);
  for (int i = 0; i <= static_cast<int>(DType::q6_k); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::u8 || dtype == DType::boolean) continue;  // GGUF has no such tensors
    EXPECT_TRUE(seen.contains(dtype)) << info(dtype).name;
  }
}

/// A half-precision number by its definition in IEEE 754.
double half_by_definition(unsigned bits) {
  const unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1.0 : 1.0;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
}

TEST(Dequantize, EveryHalfPrecisionNumber) {
  std::string bytes;
  for (unsigned bits = 0; bits < 65536; ++bits) {
    testing::append(bytes, static_cast<std::uint16_t>(bits));
  }
  for_each_target([&] {
    std::vector<float> out(65536);
    dequantize(DType::f16, bytes_of(bytes), out);
    for (unsigned bits = 0; bits < 65536; ++bits) {
      const double expected = half_by_definition(bits);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(out[bits])) << bits;
      } else {
        ASSERT_EQ(static_cast<double>(out[bits]), expected) << bits;
      }
      ASSERT_EQ(std::signbit(out[bits]), bits >> 15 != 0) << bits;
    }
  });
}

TEST(Dequantize, ReadsAtAnyAlignment) {
  std::string bytes = "x";
  for (const float value : {1.5f, -2.25f, 3.0f}) testing::append(bytes, value);
  std::vector<float> out(3);
  dequantize(DType::f32, bytes_of(bytes).subspan(1), out);
  EXPECT_THAT(out, ::testing::ElementsAre(1.5f, -2.25f, 3.0f));
}

TEST(Dequantize, BooleansAndBytes) {
  std::vector<float> out(3);
  const std::string bytes("\x00\x01\xff", 3);
  dequantize(DType::boolean, bytes_of(bytes), out);
  EXPECT_THAT(out, ::testing::ElementsAre(0.0f, 1.0f, 1.0f));
  dequantize(DType::u8, bytes_of(bytes), out);
  EXPECT_THAT(out, ::testing::ElementsAre(0.0f, 1.0f, 255.0f));
}

TEST(Dequantize, LargeIntegersRoundToNearest) {
  std::string bytes;
  for (const std::int64_t value :
       {(std::int64_t{1} << 24) + 1, (std::int64_t{1} << 24) + 3, -(std::int64_t{1} << 62)}) {
    testing::append(bytes, value);
  }
  for_each_target([&] {
    std::vector<float> out(3);
    dequantize(DType::i64, bytes_of(bytes), out);
    EXPECT_THAT(out, ::testing::ElementsAre(16777216.0f, 16777220.0f, -0x1p62f));
  });
}

TEST(Dequantize, RefusesSizesThatDisagree) {
  std::vector<float> out(32);
  const std::string block(18, '\0');
  EXPECT_THAT([&] { dequantize(DType::q4_0, bytes_of(block).first(17), out); },
              fails_with<ShapeError>("Q4_0", "multiple of 18"));
  EXPECT_THAT([&] { dequantize(DType::q4_0, bytes_of(block), std::span(out).first(31)); },
              fails_with<ShapeError>("Q4_0", "32 numbers", "31"));
  EXPECT_NO_THROW(dequantize(DType::q4_0, {}, {}));
}

}  // namespace
}  // namespace headlens
