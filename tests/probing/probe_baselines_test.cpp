#include "headlens/probing/probe_baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/probing/probe_scores.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

// Types: 0 "the", 1 "saw", 2 "dog", 3 "new".
ProbeTask small_task() {
  return {.target = {.labels = {0, 1, 2, 2, 1, 0, 1, 2}},
          .classes = {"DET", "NOUN", "VERB"},
          .types = {0, 1, 1, 1, 2, 0, 1, 3},
          .groups = {0, 0, 0, 1, 1, 2, 2, 2}};
}

const std::vector<ProbeRound> kRounds = {{.train = {0, 1, 2, 3, 4}, .test = {5, 6, 7}}};

TEST(ProbeBaselines, TheCommonestClass) {
  // Training has DET once, NOUN and VERB twice: the first of the two is NOUN.
  EXPECT_THAT(majority_baseline(small_task(), kRounds), ElementsAre(ElementsAre(1, 1, 1)));
}

TEST(ProbeBaselines, TheCommonestClassOfTheWord) {
  // "the" DET, "saw" VERB (two of three), "new" unseen: the majority.
  EXPECT_THAT(word_type_baseline(small_task(), kRounds), ElementsAre(ElementsAre(0, 2, 1)));
}

TEST(ProbeBaselines, MeansOfRealValues) {
  ProbeTask task = small_task();
  task.target = {.values = {1, 2, 3, 7, 12, 0, 0, 0}};
  EXPECT_THAT(majority_baseline(task, kRounds), ElementsAre(ElementsAre(5, 5, 5)));
  EXPECT_THAT(word_type_baseline(task, kRounds), ElementsAre(ElementsAre(1, 4, 5)));
}

TEST(ProbeScores, AccuracyAsLossesOfGroups) {
  const ProbeTask task = small_task();
  const std::vector<std::vector<double>> predicted{{0, 2, 2}};
  const GroupLosses losses = group_losses(task, task.target, kRounds, predicted);
  EXPECT_THAT(losses.loss, ElementsAre(0, 0, 1));
  EXPECT_THAT(losses.scale, ElementsAre(0, 0, 3));
  EXPECT_NEAR(losses.score(), 2.0 / 3, 1e-15);
  EXPECT_THAT(round_scores(task.target, kRounds, predicted), ElementsAre(2.0 / 3));
}

TEST(ProbeScores, R2AsLossesOfGroups) {
  ProbeTask task = small_task();
  task.target = {.values = {0, 0, 0, 0, 0, 1, 2, 6}};
  const std::vector<std::vector<double>> predicted{{1, 3, 4}};
  // Mean 3: distances 4, 1, 9; errors 0, 1, 4.
  const GroupLosses losses = group_losses(task, task.target, kRounds, predicted);
  EXPECT_THAT(losses.loss, ElementsAre(0, 0, 5));
  EXPECT_THAT(losses.scale, ElementsAre(0, 0, 14));
  EXPECT_NEAR(losses.score(), 1 - 5.0 / 14, 1e-15);
  EXPECT_NEAR(round_scores(task.target, kRounds, predicted)[0], 1 - 5.0 / 14, 1e-15);
}

}  // namespace
}  // namespace headlens
