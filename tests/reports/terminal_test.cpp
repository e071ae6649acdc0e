#include "headlens/reports/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/samples.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RunTable, ListsTokensWithBars) {
  RunResult run = run_of({"a"});
  run.top = {{1, " Paris", 0.75, 3}, {2, "\n", 0.05, 1}};
  EXPECT_EQ(run_table(run, 80),
            "   token   probability\n"
            "1  ·Paris       0.7500  ██████████████████████▌\n"
            "2  ⏎            0.0500  █▌\n");
}

TEST(RunTable, ListsClasses) {
  RunResult run = run_of({"a"});
  run.top.clear();
  run.classes = {{0, "positive", 1, 0}};
  EXPECT_THAT(run_table(run, 80), HasSubstr("positive"));
}

TEST(LensTable, ShowsTheLastPositionFromEmbeddingsToOutput) {
  const LensResult lens = lens_of({"a", " b"}, 3, {0, 1});
  EXPECT_EQ(lens_table(lens, 80, 2),
            "layer              top 1      p  top 2       p\n"
            "    0  embeddings  ·b     0.500  ·other  0.400\n"
            "    1              ·b     0.633  ·other  0.267\n"
            "    2  output      ·b     0.767  ·other  0.133\n");
}

TEST(LensTable, ToleratesFewerPredictionsThanAsked) {
  LensResult lens = lens_of({"a"}, 2, {0});
  lens.cells_LP[0][0].top.clear();
  EXPECT_THAT(lens_table(lens, 80, 5), HasSubstr("embeddings"));
}

TEST(AttentionSummary, PutsTheStrongestLinkFirst) {
  const Weight weight = [](int layer, int head, int query, int key) {
    return layer == 1 && head == 2 && query == 3 && key == 1 ? 0.9F : 0.01F;
  };
  const AttentionResult result = attention_of({"a", " b", " c", " d"}, {5, 6}, 3, weight);
  const std::string text = attention_summary(result, 100, 2);
  EXPECT_THAT(text, HasSubstr("\nL6H2  ·d (3) → ·b (1)   0.900"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(AttentionSummary, OneTokenHasNoLink) {
  const AttentionResult result =
      attention_of({"a"}, {0}, 1, [](int, int, int, int) { return 1.0F; });
  EXPECT_THAT(attention_summary(result, 100), HasSubstr("L0H0  none"));
}

}  // namespace
}  // namespace headlens
