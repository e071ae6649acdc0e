#include "headlens/statistics/multiple_testing.h"

#include <gtest/gtest.h>

#include "tests/statistics/statistics_golden.h"

namespace headlens {
namespace {

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
}

TEST(MultipleTesting, HolmIsTheClosureOfBonferroni) {
  const StatisticsGolden golden;
  expect_near(holm(golden.list("p_values")), golden.list("holm"));
}

TEST(MultipleTesting, BenjaminiHochbergIsScipys) {
  const StatisticsGolden golden;
  expect_near(benjamini_hochberg(golden.list("p_values")), golden.list("benjamini_hochberg"));
}

TEST(MultipleTesting, OneTestAndNone) {
  EXPECT_EQ(holm(std::vector{0.03}), std::vector{0.03});
  EXPECT_EQ(benjamini_hochberg(std::vector{0.03}), std::vector{0.03});
  EXPECT_TRUE(holm({}).empty());
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

}  // namespace
}  // namespace headlens
