#include "headlens/statistics/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/statistics/statistics_golden.h"

namespace headlens {
namespace {

/// Rounded, so that many values are equal.
std::vector<double> rounded_column(const StatisticsGolden& golden, std::size_t column,
                                   double steps) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < golden.n_units; ++i) {
    values.push_back(std::nearbyint(golden.values[i * golden.n_quantities + column] * steps) /
                     steps);
  }
  return values;
}

TEST(RankCorrelation, IsScipysSpearman) {
  const StatisticsGolden golden;
  const std::vector<double> expected = golden.list("spearman");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(spearman(rounded_column(golden, 0, 1), rounded_column(golden, i, 100)), expected[i],
                1e-12);
  }
}

TEST(RankCorrelation, NeedsSpread) {
  const std::vector<double> flat{1, 1, 1}, rising{1, 2, 3};
  EXPECT_TRUE(std::isnan(spearman(flat, rising)));
  EXPECT_TRUE(std::isnan(spearman({}, {})));
}

}  // namespace
}  // namespace headlens
