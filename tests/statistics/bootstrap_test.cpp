#include "headlens/statistics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "tests/statistics/statistics_golden.h"

namespace headlens {
namespace {

TEST(Bootstrap, IntervalsComeNearScipys) {
  const StatisticsGolden golden;
  const auto intervals = bootstrap_means(golden.effects(), {.resamples = 100000});
  const std::vector<double> expected = golden.list("bootstrap");
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const double width = expected[2 * i + 1] - expected[2 * i];
    EXPECT_NEAR(intervals[i].low, expected[2 * i], 0.02 * width) << i;
    EXPECT_NEAR(intervals[i].high, expected[2 * i + 1], 0.02 * width) << i;
  }
}

TEST(Bootstrap, IsTheSameForTheSameSeed) {
  const StatisticsGolden golden;
  const auto one = bootstrap_means(golden.effects(), {.resamples = 500, .seed = 4});
  const auto same = bootstrap_means(golden.effects(), {.resamples = 500, .seed = 4});
  const auto other = bootstrap_means(golden.effects(), {.resamples = 500, .seed = 5});
  EXPECT_EQ(one[1].low, same[1].low);
  EXPECT_NE(one[1].low, other[1].low);
}

/// A 95% interval holds the true mean in about 95% of samples.
TEST(Bootstrap, CoversTheMean) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(3.0, 2.0);
  constexpr std::int64_t kUnits = 100, kCases = 1000;
  std::vector<double> samples(kUnits * kCases);
  for (double& sample : samples) sample = normal(random);
  int covered = 0;
  for (const Interval& interval : bootstrap_means({samples, kUnits, kCases}, {.resamples = 1000})) {
    covered += interval.low <= 3.0 && 3.0 <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(covered / static_cast<double>(kCases), 0.945, 0.03);
}

TEST(Bootstrap, OfTheMeansThemselvesIsThatOfMeans) {
  const StatisticsGolden golden;
  const BootstrapOptions options{.resamples = 300, .seed = 9};
  const auto means = bootstrap_means(golden.effects(), options);
  const auto same = bootstrap_of_means(
      golden.effects(),
      [](std::span<const double> all) { return std::vector<double>(all.begin(), all.end()); },
      options);
  ASSERT_EQ(same.size(), means.size());
  for (std::size_t i = 0; i < means.size(); ++i) {
    EXPECT_EQ(same[i].low, means[i].low);
    EXPECT_EQ(same[i].high, means[i].high);
  }
}

/// A ratio's interval is that of delta-method theory where units are many.
TEST(Bootstrap, OfARatio) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0.0, 1.0);
  constexpr std::int64_t kUnits = 2000;
  std::vector<double> samples;
  for (std::int64_t i = 0; i < kUnits; ++i) {
    const double whole = 10 + normal(random);
    samples.insert(samples.end(), {whole, 0.5 * whole + normal(random)});
  }
  const auto interval = bootstrap_of_means({samples, kUnits, 2}, [](std::span<const double> means) {
    return std::vector<double>{means[1] / means[0]};
  })[0];
  const double half_width = 1.96 / (10 * std::sqrt(static_cast<double>(kUnits)));
  EXPECT_NEAR(interval.high - interval.low, 2 * half_width, 0.1 * half_width);
  EXPECT_NEAR((interval.high + interval.low) / 2, 0.5, 2 * half_width);
}

TEST(Bootstrap, QuantilesAreNumpys) {
  const std::vector<double> sorted{1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 0.0), 1);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 0.9), 6.8);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 1.0), 8);
}

TEST(Bootstrap, ASingleUnit) {
  const std::vector<double> one{2.5};
  const Interval interval = bootstrap_means({one, 1, 1})[0];
  EXPECT_EQ(interval.low, 2.5);
  EXPECT_EQ(interval.high, 2.5);
}

TEST(Bootstrap, RefusesWhatMakesNoSense) {
  const std::vector<double> one{2.5};
  EXPECT_THROW(bootstrap_means({{}, 0, 1}), UsageError);
  EXPECT_THROW(bootstrap_means({one, 1, 1}, {.resamples = 0}), UsageError);
  EXPECT_THROW(bootstrap_means({one, 1, 1}, {.confidence = 1.0}), UsageError);
}

}  // namespace
}  // namespace headlens
