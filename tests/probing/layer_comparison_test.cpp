#include "headlens/probing/layer_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headlens {
namespace {

using ::testing::ElementsAre;

GroupLosses losses(std::vector<double> loss) {
  GroupLosses result{std::move(loss), {}};
  result.scale.assign(result.loss.size(), 10);
  return result;
}

TEST(LayerComparison, SignFlipsByHand) {
  // Against the reference: differences 1, 2, 0 (exactly 8 signs; 2 of |sum| >= 3 have signs ++* and
  // --*, each twice) and 1, -1, 0, whose sum is 0.
  const GroupLosses reference = losses({0, 1, 2});
  const std::vector<GroupLosses> others{losses({1, 3, 2}), losses({1, 0, 2}), reference};
  const PairedTests tests = compare_losses(reference, others, 2, 1000, 0);
  EXPECT_THAT(tests.p, ElementsAre(0.5, 1, 1));
  EXPECT_THAT(tests.p_holm, ElementsAre(1, 1, 1)) << "twice 0.5, of two comparisons";
}

TEST(LayerComparison, TheReferenceItselfIsNotCorrectedFor) {
  std::vector<double> worse(12, 1);
  const GroupLosses reference = losses(std::vector<double>(12, 0));
  const std::vector<GroupLosses> others{reference, losses(worse)};
  const PairedTests tests = compare_losses(reference, others, 0, 100000, 0);
  EXPECT_DOUBLE_EQ(tests.p[1], 2.0 / 4096);
  EXPECT_DOUBLE_EQ(tests.p_holm[1], 2.0 / 4096);
}

TEST(LayerComparison, GroupsWithoutATestExampleAreLeftOut) {
  GroupLosses some = losses({0, 1, 2});
  some.scale[0] = 0;
  EXPECT_THAT(tested_groups(some), ElementsAre(1, 2));
}

TEST(LayerComparison, IntervalsAreOfRatiosAndTheirDifferences) {
  const std::vector<GroupLosses> layers{losses({1, 1, 1, 1}), losses({0, 5, 0, 5})};
  const std::vector<GroupLosses> controls{losses({5, 5, 5, 5}), losses({0, 5, 0, 5})};
  const ScoreIntervals intervals = score_intervals(layers, controls, {.resamples = 4000});
  EXPECT_DOUBLE_EQ(intervals.score[0].low, 0.9) << "the same in every group";
  EXPECT_DOUBLE_EQ(intervals.score[0].high, 0.9);
  EXPECT_DOUBLE_EQ(intervals.score[1].low, 0.5) << "5 wrong of 10 in each, at the worst";
  EXPECT_DOUBLE_EQ(intervals.score[1].high, 1);
  EXPECT_NEAR(intervals.selectivity[0].low, 0.4, 1e-12);
  EXPECT_NEAR(intervals.selectivity[1].low, 0, 1e-12) << "the same groups are drawn for both";
  EXPECT_NEAR(intervals.selectivity[1].high, 0, 1e-12);
}

}  // namespace
}  // namespace headlens
