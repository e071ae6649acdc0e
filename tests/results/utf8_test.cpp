#include "headlens/results/utf8.h"

#include <gtest/gtest.h>

namespace headlens {
namespace {

TEST(Utf8, RoundTripsEveryCodePoint) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const std::vector<Utf8Unit> units = decode_utf8(text);
    ASSERT_EQ(units.size(), 1U);
    ASSERT_EQ(units[0].code_point, c);
  }
}

TEST(Utf8, CutsBrokenTextIntoMaximalPrefixes) {
  // The example of Unicode 15, table 3-8.
  const auto units = decode_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64");
  std::vector<std::size_t> broken;
  for (const Utf8Unit& unit : units) {
    if (!unit.code_point) broken.push_back(unit.bytes.size());
  }
  EXPECT_EQ(broken, (std::vector<std::size_t>{3, 2, 1, 1, 1, 1}));
}

TEST(Utf8, RefusesOverlongSurrogatesAndTooLarge) {
  for (const char* text : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF",
                           "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << to_hex(text);
  }
  EXPECT_TRUE(is_valid_utf8("caf\xC3\xA9 \xF0\x9F\x98\x80"));
}

TEST(Utf8, ReplacesBrokenPartsOnly) {
  EXPECT_EQ(replace_invalid_utf8("a\xE2\x82z"), "a\uFFFDz");
  EXPECT_EQ(replace_invalid_utf8("\xF0\x9F\x98\x80"), "\U0001F600");
  EXPECT_EQ(to_hex(std::string("\x00\xE2", 2)), "00e2");
}

}  // namespace
}  // namespace headlens
