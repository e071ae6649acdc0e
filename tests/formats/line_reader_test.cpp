#include "headlens/formats/line_reader.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/formats/split_fields.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;

TEST(LineReader, LinesNumbersAndEndings) {
  LineReader reader("a\r\n\nlast\r", "x");
  EXPECT_EQ(reader.next(), "a");
  EXPECT_EQ(reader.ending(), "\r\n");
  EXPECT_EQ(reader.next(), "");
  EXPECT_EQ(reader.ending(), "\n");
  EXPECT_EQ(reader.next(), "last\r");
  EXPECT_EQ(reader.ending(), "");
  EXPECT_EQ(reader.line(), 3);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(LineReader, LinesLongerThanWhatIsReadAtOnce) {
  const std::string long_line(300'000, 'x');
  const testing::TemporaryFolder folder;
  LineReader reader(folder.write("long", "first\n" + long_line + "\nlast\n"));
  EXPECT_EQ(reader.next(), "first");
  EXPECT_EQ(reader.next(), long_line);
  EXPECT_EQ(reader.next(), "last");
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(LineReader, RefusesALineWithoutEnd) {
  LineReader reader("short\n" + std::string(LineReader::kLongestLine + 1, 'x'), "x");
  reader.next();
  EXPECT_THAT([&] { reader.next(); }, fails_with<FormatError>("x, line 2", "longer than"));
}

TEST(SplitFields, FieldsAndBlanks) {
  EXPECT_THAT(split_fields("a||b|", '|'), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split_fields("", '|'), ElementsAre(""));
  EXPECT_THAT(split_blanks("  a\t b "), ElementsAre("a", "b"));
  EXPECT_THAT(split_blanks(" \t"), ElementsAre());
}

}  // namespace
}  // namespace headlens
