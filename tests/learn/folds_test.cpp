#include "headlens/learn/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(Folds, AreScikitLearns) {
  const nlohmann::json& golden = learn_golden()["folds"];
  const Ids labels = golden["labels"], groups = golden["groups"];
  for (const nlohmann::json& expected : golden["cases"]) {
    const int n_folds = expected["n_folds"];
    SCOPED_TRACE(n_folds);
    EXPECT_EQ(stratified_folds(labels, n_folds).test_fold, expected["stratified"].get<Ids>());
    EXPECT_EQ(group_folds(groups, n_folds).test_fold, expected["group"].get<Ids>());
    EXPECT_EQ(consecutive_folds(97, n_folds).test_fold, expected["consecutive"].get<Ids>());
  }
}

TEST(Folds, TrainOnWhatTheyDoNotTest) {
  const Folds folds = consecutive_folds(5, 2);
  EXPECT_EQ(folds.training_weights(0), (std::vector<float>{0, 0, 0, 1, 1}));
  EXPECT_EQ(folds.test_rows(1), (std::vector<std::int64_t>{3, 4}));
}

TEST(Folds, SmallClassesAreWarnedOfAndOnlySmallOnesRefused) {
  EXPECT_EQ(stratified_folds(Ids{1, 1, 1, 2, 2, 2}, 3).warning, "");
  EXPECT_THAT(stratified_folds(Ids{1, 1, 1, 2, 2}, 3).warning,
              testing::HasSubstr("smallest class has 2 examples, fewer than the 3 folds"));
  EXPECT_THROW(stratified_folds(Ids{1, 1, 2, 2}, 3), UsageError);
}

TEST(Folds, RefuseWhatCannotBe) {
  EXPECT_THROW(consecutive_folds(2, 3), UsageError);
  EXPECT_THROW(consecutive_folds(9, 1), UsageError);
  EXPECT_THROW(stratified_folds({}, 2), UsageError);
  EXPECT_THROW(group_folds(Ids{4, 4, 4, 5}, 3), UsageError);
}

}  // namespace
}  // namespace headlens
