#include "headlens/reports/token_label.h"

#include <gtest/gtest.h>

#include "headlens/results/utf8.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

TEST(TokenLabel, ShowsWhatIsInvisible) {
  EXPECT_EQ(token_label(" cat"), "·cat");
  EXPECT_EQ(token_label("cat"), "cat");
  EXPECT_EQ(token_label("a  b"), "a··b");
  EXPECT_EQ(token_label("  "), "␣␣");
  EXPECT_EQ(token_label("\n"), "⏎");
  EXPECT_EQ(token_label("\tx"), "⇥x");
  EXPECT_EQ(token_label(""), "∅");
  EXPECT_EQ(token_label("\r"), "⟨0x0D⟩");
  EXPECT_EQ(token_label(std::string("\0", 1)), "⟨0x00⟩");
  EXPECT_EQ(token_label("\x7F"), "⟨0x7F⟩");
  EXPECT_EQ(token_label("\u200B"), "⟨U+200B⟩");
  EXPECT_EQ(token_label("\u00A0x"), "⟨U+00A0⟩x");
  EXPECT_EQ(token_label("\u202Eevil"), "⟨U+202E⟩evil");
  EXPECT_EQ(token_label("\u3000"), "⟨U+3000⟩");
}

TEST(TokenLabel, ShowsBrokenBytes) {
  EXPECT_EQ(token_label("\xE2"), "⟨0xE2⟩");
  EXPECT_EQ(token_label(" \xF0\x9F"), "·⟨0xF0⟩⟨0x9F⟩");
}

TEST(TokenLabel, KeepsWhatIsText) {
  EXPECT_EQ(token_label("猫"), "猫");
  EXPECT_EQ(token_label("ë"), "ë");
  EXPECT_EQ(token_label("e\u0308"), "e\u0308");
  EXPECT_EQ(token_label("\u0308"), "◌\u0308");
  EXPECT_EQ(token_label("\U0001F468\u200D\U0001F469"), "\U0001F468\u200D\U0001F469");
  EXPECT_EQ(token_label("\u200D\U0001F469"), "⟨U+200D⟩\U0001F469");
}

TEST(TokenLabel, CutsLongTokensInTheMiddle) {
  EXPECT_EQ(token_label("abcdefghij", 7), "abc…hij");
  EXPECT_EQ(token_label("abcdefg", 7), "abcdefg");
  EXPECT_EQ(token_label("猫猫猫猫猫", 7), "猫…猫");
  EXPECT_EQ(token_label("aaaae\u0301bbbbbe\u0301", 6), "aaa…be\u0301");
}

TEST(TokenLabel, IsAlwaysOneValidVisibleLine) {
  for (const std::string& token : hostile_tokens()) {
    const std::string label = token_label(token, 16);
    EXPECT_TRUE(is_valid_utf8(label)) << to_hex(token);
    EXPECT_GT(display_width(label), 0) << to_hex(token);
    EXPECT_LE(display_width(label), 16) << to_hex(token);
    for (const char c : label) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << to_hex(token);
  }
}

TEST(TokenLabel, IsolatesRightToLeftOnly) {
  EXPECT_EQ(isolated("abc"), "abc");
  EXPECT_EQ(isolated("\u05E9"), "\u2068\u05E9\u2069");
  EXPECT_EQ(isolated("·\u0645"), "\u2068·\u0645\u2069");
}

TEST(OneLine, ShortensProse) {
  EXPECT_EQ(one_line("a\nb", 10), "a⏎b");
  EXPECT_EQ(one_line("  a    b", 10), " a b");
  EXPECT_EQ(one_line("abcdef", 4), "abc…");
  EXPECT_EQ(one_line("", 4), "");
}

TEST(DisplayWidth, CountsTerminalColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("猫"), 2);
  EXPECT_EQ(display_width("\U0001F600"), 2);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\u2068a\u2069"), 1);
  EXPECT_EQ(display_width("한글"), 4);
}

}  // namespace
}  // namespace headlens
