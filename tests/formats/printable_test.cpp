#include "headlens/formats/printable.h"

#include <gtest/gtest.h>

namespace headlens {
namespace {

TEST(Printable, LeavesOrdinaryNamesAlone) {
  EXPECT_EQ(printable("blk.0.attn_q.weight"), "blk.0.attn_q.weight");
}

TEST(Printable, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(printable("a\nb\x1b[31m\xff"), "a\\x0ab\\x1b[31m\\xff");
  EXPECT_EQ(printable(""), "\"\"");
}

TEST(Printable, ShortensLongText) {
  EXPECT_EQ(printable(std::string(1000, 'x')), std::string(80, 'x') + "...");
}

TEST(Utf8, AcceptsWellFormedText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("abc"));
  EXPECT_TRUE(is_utf8("\u00e9\u4e16\U0001F600\U0010FFFF"));
}

TEST(Utf8, RefusesMalformedText) {
  EXPECT_FALSE(is_utf8("\x80"));              // continuation alone
  EXPECT_FALSE(is_utf8("\xc3"));              // cut short
  EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_FALSE(is_utf8("\xff"));
}

}  // namespace
}  // namespace headlens
