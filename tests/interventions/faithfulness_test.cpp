#include "headlens/interventions/faithfulness.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headlens {
namespace {

CircuitMetrics some_metrics() {
  return {
      .clean = {3, 5, 4}, .corrupt = {-1, 1, 0}, .circuits = {{-1, 1, 0}, {1, 4, 1}, {3, 5, 4}}};
}

TEST(Faithfulness, IsOfMeansOverPrompts) {
  const std::vector<double> values = faithfulness(some_metrics());
  ASSERT_EQ(values.size(), 3u);
  EXPECT_DOUBLE_EQ(values[0], 0);
  EXPECT_DOUBLE_EQ(values[1], 0.5);  // (2 - 0) / (4 - 0)
  EXPECT_DOUBLE_EQ(values[2], 1);
}

TEST(Faithfulness, AreasAreTrapezoids) {
  const FaithfulnessAreas areas = areas_of({0.1, 0.3, 1}, {0.5, 1.2, 1});
  EXPECT_NEAR(areas.cpr, 0.2 * 0.85 + 0.7 * 1.1, 1e-12);
  EXPECT_NEAR(areas.cmd, 0.2 * 0.35 + 0.7 * 0.1, 1e-12);
}

TEST(Faithfulness, IntervalsOfTheEndsHaveNoWidth) {
  const auto intervals = faithfulness_intervals(some_metrics(), {0, 0.5, 1}, {.resamples = 200});
  ASSERT_EQ(intervals.size(), 5u);
  EXPECT_NEAR(intervals[0].high, 0, 1e-12);
  EXPECT_NEAR(intervals[2].low, 1, 1e-12);
  EXPECT_LE(intervals[1].low, 0.5);
  EXPECT_GE(intervals[1].high, 0.5);
  EXPECT_LT(intervals[3].low, intervals[3].high);
}

TEST(Faithfulness, WithoutADifferenceThereIsNone) {
  CircuitMetrics metrics = some_metrics();
  metrics.corrupt = metrics.clean;
  EXPECT_FALSE(std::isfinite(faithfulness(metrics)[1]));
}

TEST(CircuitMetricsTest, SurviveBeingFlat) {
  const CircuitMetrics metrics = some_metrics();
  const CircuitMetrics same = CircuitMetrics::from_flat(metrics.flat(), 3);
  EXPECT_EQ(same.clean, metrics.clean);
  EXPECT_EQ(same.corrupt, metrics.corrupt);
  EXPECT_EQ(same.circuits, metrics.circuits);
}

}  // namespace
}  // namespace headlens
