#include "headlens/learn/classification_metrics.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(ClassificationMetrics, AreScikitLearns) {
  const nlohmann::json& golden = learn_golden()["metrics"];
  const auto metrics =
      classification_metrics(golden["truth"].get<Ids>(), golden["predicted"].get<Ids>());
  EXPECT_NEAR(metrics.accuracy, golden["accuracy"], 1e-9);
  EXPECT_NEAR(metrics.macro_f1, golden["macro_f1"], 1e-9);
  EXPECT_EQ(metrics.confusion, golden["confusion"].get<std::vector<std::int64_t>>());
  ASSERT_EQ(metrics.classes.size(), golden["labels"].size());
  for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
    EXPECT_EQ(metrics.classes[c].label, golden["labels"][c]);
    EXPECT_NEAR(metrics.classes[c].precision, golden["precision"][c], 1e-9);
    EXPECT_NEAR(metrics.classes[c].recall, golden["recall"][c], 1e-9);
    EXPECT_NEAR(metrics.classes[c].f1, golden["f1"][c], 1e-9);
    EXPECT_EQ(metrics.classes[c].support, golden["support"][c]);
  }
}

TEST(ClassificationMetrics, RefuseWhatCannotBeCompared) {
  EXPECT_THROW(classification_metrics({}, {}), UsageError);
  EXPECT_THROW(classification_metrics(Ids{1}, Ids{1, 2}), ShapeError);
}

}  // namespace
}  // namespace headlens
