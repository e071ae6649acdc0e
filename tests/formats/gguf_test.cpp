#include "headlens/formats/gguf.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::golden;

class GgufGolden : public ::testing::Test {
 protected:
  const GgufFile file = read_gguf(golden("every_type.gguf"));
};

TEST_F(GgufGolden, IntegersOfEveryWidth) {
  EXPECT_EQ(file.version(), 3);
  EXPECT_EQ(file.integer("golden.u8"), 200);
  EXPECT_EQ(file.integer("golden.i8"), -100);
  EXPECT_EQ(file.integer("golden.u16"), 60000);
  EXPECT_EQ(file.integer("golden.i16"), -30000);
  EXPECT_EQ(file.integer("golden.u32"), 4000000000);
  EXPECT_EQ(file.integer("golden.i32"), -2000000000);
  EXPECT_EQ(file.integer("golden.i64"), -(std::int64_t{1} << 62));
  EXPECT_THAT([&] { file.integer("golden.u64"); },
              fails_with<FormatError>("every_type.gguf", "golden.u64", "63 bits"));
}

TEST_F(GgufGolden, OtherScalars) {
  EXPECT_EQ(file.number("golden.f32"), static_cast<double>(0.1f));
  EXPECT_EQ(file.number("golden.f64"), 0.1);
  EXPECT_EQ(file.number("golden.u64"), 0x1p64);
  EXPECT_EQ(file.number("golden.i8"), -100.0);
  EXPECT_EQ(file.boolean("golden.bool"), true);
  EXPECT_EQ(file.string("golden.string"), "caf\u00e9");
}

TEST_F(GgufGolden, Arrays) {
  EXPECT_THAT(file.require_integers("golden.integers"), ElementsAre(3, -1, 2));
  EXPECT_THAT(file.require_numbers("golden.integers"), ElementsAre(3.0, -1.0, 2.0));
  EXPECT_THAT(file.require_numbers("golden.numbers"), ElementsAre(0.5, -0.25));
  EXPECT_THAT(file.require_strings("golden.strings"), ElementsAre("a", "", "\u4e16"));
}

TEST_F(GgufGolden, AbsentKeys) {
  EXPECT_FALSE(file.contains("nothing"));
  EXPECT_EQ(file.integer("nothing"), std::nullopt);
  EXPECT_EQ(file.number("nothing"), std::nullopt);
  EXPECT_EQ(file.boolean("nothing"), std::nullopt);
  EXPECT_EQ(file.string("nothing"), std::nullopt);
  EXPECT_FALSE(file.strings("nothing").has_value());
  EXPECT_FALSE(file.integers("nothing").has_value());
  EXPECT_FALSE(file.numbers("nothing").has_value());
  const auto missing = fails_with<FormatError>("every_type.gguf", "nothing is missing");
  EXPECT_THAT([&] { file.require_integer("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_number("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_boolean("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_string("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_strings("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_integers("nothing"); }, missing);
  EXPECT_THAT([&] { file.require_numbers("nothing"); }, missing);
}

TEST_F(GgufGolden, WrongTypesNameTheKey) {
  EXPECT_THAT([&] { file.integer("golden.f32"); },
              fails_with<FormatError>("golden.f32", "an integer", "floating-point"));
  EXPECT_THAT([&] { file.number("golden.string"); },
              fails_with<FormatError>("golden.string", "a number", "a string"));
  EXPECT_THAT([&] { file.boolean("golden.u8"); },
              fails_with<FormatError>("golden.u8", "a boolean", "an integer"));
  EXPECT_THAT([&] { file.string("golden.strings"); },
              fails_with<FormatError>("golden.strings", "a string", "an array of strings"));
  EXPECT_THAT([&] { file.strings("golden.integers"); },
              fails_with<FormatError>("golden.integers", "an array of strings"));
  EXPECT_THAT([&] { file.integers("golden.numbers"); },
              fails_with<FormatError>("golden.numbers", "an array of integers", "f32"));
  EXPECT_THAT([&] { file.numbers("golden.strings"); },
              fails_with<FormatError>("golden.strings", "an array of numbers"));
}

TEST_F(GgufGolden, ShapesAreOutermostFirst) {
  EXPECT_THAT(file.checkpoint().at("plain.float32").shape, ElementsAre(2, 3, 5));
  EXPECT_THAT(file.checkpoint().at("random.Q6_K").shape, ElementsAre(2, 1024));
  EXPECT_EQ(file.checkpoint().at("random.Q6_K").dtype, DType::q6_k);
  EXPECT_EQ(file.checkpoint().find("nothing"), nullptr);
  EXPECT_THAT([&] { file.checkpoint().at("nothing"); },
              fails_with<FormatError>("every_type.gguf", "nothing", "missing"));
}

TEST_F(GgufGolden, NumbersSurviveReleasingPages) {
  file.checkpoint().release_pages();
  testing::expect_same_bits(testing::decode_all(file.checkpoint()),
                            testing::read_expected("every_type.gguf.f32"));
}

TEST(Gguf, ReadsVersion2) {
  std::string bytes = testing::read_text(golden("every_type.gguf"));
  bytes[4] = 2;
  const GgufFile file = parse_gguf(testing::bytes_of(bytes), "v2.gguf");
  EXPECT_EQ(file.version(), 2);
  testing::expect_same_bits(testing::decode_all(file.checkpoint()),
                            testing::read_expected("every_type.gguf.f32"));
}

TEST(Gguf, SurvivesAMove) {
  GgufFile first = read_gguf(golden("every_type.gguf"));
  const GgufFile second = std::move(first);
  EXPECT_THAT(second.require_strings("golden.strings"), ElementsAre("a", "", "\u4e16"));
}

TEST(Gguf, MissingFile) {
  EXPECT_THAT([] { read_gguf("/nonexistent/model.gguf"); },
              fails_with<FormatError>("/nonexistent/model.gguf", "no such file"));
}

}  // namespace
}  // namespace headlens
