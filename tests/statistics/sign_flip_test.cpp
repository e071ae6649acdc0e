#include "headlens/statistics/sign_flip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "tests/statistics/statistics_golden.h"

namespace headlens {
namespace {

TEST(SignFlip, ExactPValuesAreScipys) {
  const StatisticsGolden golden;
  const std::vector<double> p = sign_flip_p_values(golden.effects());
  const std::vector<double> expected = golden.list("sign_flip");
  ASSERT_EQ(p.size(), expected.size());
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], expected[i], 1e-12) << i;
}

TEST(SignFlip, RandomFlipsComeNearTheExactTest) {
  const StatisticsGolden golden;
  const std::vector<double> p = sign_flip_p_values(golden.effects(), {.flips = 4000, .seed = 3});
  const std::vector<double> expected = golden.list("sign_flip");
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double deviation = std::sqrt(expected[i] * (1 - expected[i]) / 4000);
    EXPECT_NEAR(p[i], expected[i], 5 * deviation + 1.0 / 4000) << i;
    EXPECT_GT(p[i], 0);
  }
}

TEST(SignFlip, NoEffectIsNoEvidence) {
  const std::vector<double> zeros(8, 0.0);
  EXPECT_EQ(sign_flip_p_values({zeros, 8, 1}), std::vector<double>{1.0});
  EXPECT_EQ(sign_flip_p_values({zeros, 1, 8}), std::vector<double>(8, 1.0));
}

TEST(SignFlip, MoreUnitsThanBitsOfAWord) {
  std::vector<double> effects(130, 1.0);
  EXPECT_NEAR(sign_flip_p_values({effects, 130, 1}, {.flips = 999})[0], 1e-3, 1e-12);
  for (std::size_t i = 0; i < effects.size(); i += 2) effects[i] = -1.0;
  EXPECT_GT(sign_flip_p_values({effects, 130, 1}, {.flips = 999})[0], 0.9);
}

/// Under the null hypothesis p <= alpha happens in a share alpha of the cases.
TEST(SignFlip, HoldsItsLevel) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  constexpr std::int64_t kUnits = 20, kCases = 4000;
  std::vector<double> effects(kUnits * kCases);
  for (double& effect : effects) effect = normal(random);
  const auto p = sign_flip_p_values({effects, kUnits, kCases}, {.flips = 999});
  const auto rejected =
      static_cast<double>(std::ranges::count_if(p, [](double x) { return x <= 0.05; }));
  EXPECT_NEAR(rejected / kCases, 0.05, 4 * std::sqrt(0.05 * 0.95 / kCases));
}

TEST(SignFlip, NeedsData) { EXPECT_THROW(sign_flip_p_values({{}, 0, 3}), UsageError); }

}  // namespace
}  // namespace headlens
