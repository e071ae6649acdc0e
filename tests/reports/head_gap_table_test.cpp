#include "headlens/reports/head_gap_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/reports/wrapped_text.h"

namespace headlens {
namespace {

using testing::HasSubstr;

HeadGapResult sample() {
  HeadGapResult result;
  result.column = "sarcastic";
  result.positive = "1";
  result.rows = 100;
  result.positives = 25;
  result.head_layer = 6;
  result.layers = {0, 3};
  result.by_layer = {{0.5, 0.5, 0.25, 0.5, 0.375}, {0.75, 0.5, 0.25, 0.5, 0.5}};
  result.head = {0.625, 0.5, 0.25, 0.5, 0.4375};
  result.folds.resize(2);
  result.folds[0].probe_layer = 3;
  result.of_positive = {10, 4, 2, 9, 0.7};
  result.found = {{7, "oh great,\nMonday", 3, 0.25, 0.75}, {9, "lovely", 0, 0.4, 0.5}};
  return result;
}

TEST(HeadGapTable, TellsScoresCountsAndExamples) {
  const std::string text = head_gap_table(sample(), 90, 1);
  EXPECT_THAT(text, HasSubstr("sarcastic: 100 rows, 25 of 1; 2 folds"));
  EXPECT_THAT(text, HasSubstr("layer 6 (head)       0.438      0.250   0.500"));
  EXPECT_THAT(text, HasSubstr("chosen layer (0, 3)"));
  EXPECT_THAT(text, HasSubstr("0.25   0.75  oh great,"));
  EXPECT_THAT(text, testing::Not(HasSubstr("lovely")));
}

TEST(HeadGapTable, Csv) {
  EXPECT_EQ(head_gap_csv(sample()),
            "row,probe_layer,head_probability,probe_probability,text\r\n"
            "7,3,0.25,0.75,\"oh great,\nMonday\"\r\n9,0,0.4,0.5,lovely\r\n");
}

TEST(WrappedText, BreaksAtBlanks) {
  EXPECT_EQ(wrapped_text("one two three", 7), "one two\nthree\n");
  EXPECT_EQ(wrapped_text("unbreakable a", 4), "unbreakable\na\n");
  EXPECT_EQ(wrapped_text("", 4), "\n");
}

}  // namespace
}  // namespace headlens
