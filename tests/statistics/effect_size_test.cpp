#include "headlens/statistics/effect_size.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/statistics/statistics_golden.h"

namespace headlens {
namespace {

TEST(EffectSize, IsNumpys) {
  const StatisticsGolden golden;
  const auto sizes = effect_sizes(golden.effects());
  const auto means = golden.list("mean"), d = golden.list("cohen_d");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_NEAR(sizes[i].mean, means[i], 1e-12);
    EXPECT_NEAR(sizes[i].cohen_d, d[i], 1e-10);
  }
}

TEST(EffectSize, ASingleUnitHasNoSpread) {
  const std::vector<double> one{2.5};
  const EffectSize size = effect_sizes({one, 1, 1})[0];
  EXPECT_EQ(size.mean, 2.5);
  EXPECT_TRUE(std::isnan(size.cohen_d));
}

}  // namespace
}  // namespace headlens
