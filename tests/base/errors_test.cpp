#include "headlens/base/errors.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace headlens {
namespace {

TEST(Errors, FormatErrorNamesTheFile) {
  const FormatError error("a/config.json", "is empty");
  EXPECT_STREQ(error.what(), "a/config.json: is empty");
  EXPECT_EQ(error.path(), "a/config.json");
  EXPECT_EQ(error.byte_offset(), std::nullopt);
  EXPECT_EQ(error.tensor(), "");
}

TEST(Errors, FormatErrorNamesTheByte) {
  const FormatError error("m.gguf", std::uint64_t{1} << 40, "bad magic");
  EXPECT_STREQ(error.what(), "m.gguf at byte 1099511627776: bad magic");
  EXPECT_EQ(error.byte_offset(), std::uint64_t{1} << 40);
}

TEST(Errors, FormatErrorNamesTheTensor) {
  const FormatError error("m.safetensors", std::string("wte.weight"), "is missing");
  EXPECT_STREQ(error.what(), "m.safetensors, tensor wte.weight: is missing");
  EXPECT_EQ(error.path(), "m.safetensors");
  EXPECT_EQ(error.tensor(), "wte.weight");
  EXPECT_EQ(error.byte_offset(), std::nullopt);
}

TEST(Errors, ShapeErrorSaysBothShapes) {
  EXPECT_STREQ(ShapeError("reshape", "12 elements", "[3, 5]").what(),
               "reshape: expected 12 elements, got [3, 5]");
}

TEST(Errors, CancelledErrorSaysWhatIsLeft) {
  EXPECT_STREQ(CancelledError().what(), "stopped on request; nothing was left half-written");
}

template <typename T>
class EveryError : public testing::Test {};
using Errors = testing::Types<FormatError, ShapeError, UnsupportedError, UsageError, ResourceError,
                              CancelledError>;
TYPED_TEST_SUITE(EveryError, Errors);

TYPED_TEST(EveryError, IsAnErrorAndNoOtherKind) {
  static_assert(std::is_base_of_v<Error, TypeParam>);
  static_assert(std::is_base_of_v<std::runtime_error, TypeParam>);
  const bool is_usage = std::is_base_of_v<UsageError, TypeParam>;
  EXPECT_EQ(is_usage, (std::is_same_v<UsageError, TypeParam>));
}

}  // namespace
}  // namespace headlens
