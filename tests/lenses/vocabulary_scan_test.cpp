#include "headlens/lenses/vocabulary_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <set>

namespace headlens {
namespace {

using testing::ElementsAreArray;
using testing::Gt;

/// Ids by falling logit, lower ids first among equals.
std::vector<std::int32_t> sorted_ids(const std::vector<float>& logits) {
  std::vector<std::int32_t> ids(logits.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i);
  std::ranges::stable_sort(ids, [&](int a, int b) { return logits[a] > logits[b]; });
  return ids;
}

std::vector<std::int32_t> ids_of(const std::vector<Candidate>& candidates) {
  std::vector<std::int32_t> ids;
  for (const Candidate& candidate : candidates) ids.push_back(candidate.id);
  return ids;
}

/// Feeds a row in blocks, each with the margin given for it.
void add(RowScan& scan, const std::vector<float>& logits, std::int64_t block,
         const std::vector<float>& margins) {
  std::vector<std::int32_t> scratch(block);
  const auto n = static_cast<std::int64_t>(logits.size());
  for (std::int64_t begin = 0, i = 0; begin < n; begin += block, ++i) {
    scan.add_block(logits.data() + begin, static_cast<std::int32_t>(begin),
                   std::min(block, n - begin), margins[i % margins.size()], scratch.data());
  }
}

/// Few different values, so that there are many ties.
std::vector<float> random_logits(std::mt19937& random, int n, int different) {
  std::uniform_int_distribution<int> step(0, different - 1);
  std::vector<float> logits(n);
  for (float& logit : logits) logit = static_cast<float>(step(random)) * 0.37f - 20;
  return logits;
}

TEST(RowScan, ExactLogitsGiveASortsFirstK) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    const int n = 1 + static_cast<int>(random() % 700), block = 1 + static_cast<int>(random() % 90);
    const int k = 1 + static_cast<int>(random() % n);
    const auto logits = random_logits(random, n, trial % 3 == 0 ? 4 : 1000);
    RowScan scan(k);
    add(scan, logits, block, {0});
    auto expected = sorted_ids(logits);
    expected.resize(k);
    ASSERT_THAT(ids_of(scan.candidates().top), ElementsAreArray(expected))
        << "n " << n << ", block " << block << ", k " << k;
  }
}

TEST(RowScan, RisingAndFallingLogits) {
  std::vector<float> rising(5000);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<float>(i) / 100;
  std::vector<float> falling(rising.rbegin(), rising.rend());
  for (const auto& logits : {rising, falling}) {
    RowScan scan(7);
    add(scan, logits, 64, {0});
    auto expected = sorted_ids(logits);
    expected.resize(7);
    EXPECT_THAT(ids_of(scan.candidates().top), ElementsAreArray(expected));
  }
}

TEST(RowScan, NoEntryThatMayBelongToTheTopIsMissed) {
  std::mt19937 random(2);
  for (int trial = 0; trial < 300; ++trial) {
    const int n = 20 + static_cast<int>(random() % 600),
              block = 16 + static_cast<int>(random() % 64);
    const int k = 1 + static_cast<int>(random() % 12);
    const auto exact = random_logits(random, n, 500);
    const std::vector<float> margins{0.5f, 8.0f, 0.0f, 2.0f};
    std::vector<float> rounded = exact;
    std::uniform_real_distribution<float> unit(-1, 1);
    for (int i = 0; i < n; ++i) {
      const float margin = margins[i / block % margins.size()];
      rounded[i] += (trial % 2 == 0 ? unit(random) : std::copysign(1.0f, unit(random))) * margin;
    }
    RowScan scan(k);
    add(scan, rounded, block, margins);
    const auto found = ids_of(scan.candidates().top);
    const std::set<std::int32_t> candidates(found.begin(), found.end());
    EXPECT_EQ(candidates.size(), found.size()) << "an entry is there twice";
    // Rounding of exact + error in float may move a logit by less than this beyond its margin.
    constexpr float kRounding = 1e-5f;
    const auto ids = sorted_ids(exact);
    const float kth = exact[ids[k - 1]];
    for (int i = 0; i < n; ++i) {
      if (exact[i] <= kth + kRounding) continue;
      ASSERT_TRUE(candidates.contains(i)) << "id " << i;
    }
    ASSERT_GE(found.size(), static_cast<std::size_t>(k));
  }
}

TEST(RowScan, EntriesFarBelowTheTopAreDropped) {
  std::mt19937 random(3);
  const auto logits = random_logits(random, 20000, 5000);
  RowScan scan(5);
  add(scan, logits, 1024, {0.01f});
  const auto ids = sorted_ids(logits);
  for (const Candidate& candidate : scan.candidates().top) {
    EXPECT_GE(candidate.logit, logits[ids[4]] - 0.021f);
  }
}

TEST(RowScan, SumsAreThoseOfADoublePass) {
  std::mt19937 random(4);
  for (const float scale : {0.01f, 1.0f, 30.0f}) {
    std::normal_distribution<float> normal(5, scale);
    std::vector<float> logits(3000);
    for (float& logit : logits) logit = normal(random);
    RowScan scan(3);
    add(scan, logits, 100, {0});
    const double maximum = *std::ranges::max_element(logits);
    double sum = 0, weighted = 0;
    for (const float logit : logits) {
      sum += std::exp(logit - maximum);
      weighted += std::exp(logit - maximum) * logit;
    }
    const double log_sum_exp = maximum + std::log(sum);
    EXPECT_NEAR(scan.log_sum_exp(), log_sum_exp, 1e-5);
    EXPECT_NEAR(scan.entropy_nats(), log_sum_exp - weighted / sum, 1e-4);
  }
}

TEST(RowScan, CorrectionsReplaceLogitsAndMoveTheRestByTheirMean) {
  const std::vector<float> rounded{1.0f, 2.5f, -3.0f, 0.25f}, exact{0.7f, 2.25f, -3.3f, -0.1f};
  RowScan corrected(1), direct(1);
  add(corrected, rounded, 4, {0.5f});
  corrected.correct(std::vector<RowScan::Correction>{{2.5f, 2.25f}, {0.25f, -0.1f}});
  add(direct, exact, 4, {0});
  EXPECT_NEAR(corrected.log_sum_exp(), direct.log_sum_exp(), 1e-6);
  EXPECT_NEAR(corrected.entropy_nats(), direct.entropy_nats(), 1e-6);
}

TEST(RowScan, TheHighestBesidesTheTopAreKeptToo) {
  std::mt19937 random(5);
  const auto logits = random_logits(random, 20000, 1'000'000);
  RowScan scan(5, 40);
  add(scan, logits, 1024, {0.0001f});
  const auto [top, others] = scan.candidates();
  std::vector<std::int32_t> found = ids_of(top);
  for (const std::int32_t id : ids_of(others)) found.push_back(id);
  auto expected = sorted_ids(logits);
  expected.resize(40);
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(expected));
  EXPECT_LT(top.size(), 10u);
}

/// A row of equal logits keeps every entry in the list; each further one must not cost a pass over
/// them.
TEST(RowScan, ManyTiesTakeTimeInProportion) {
  const auto seconds = [](std::int64_t n) {
    const std::vector<float> logits(n, 1.5f);
    RowScan scan(10);
    const auto begin = std::chrono::steady_clock::now();
    add(scan, logits, 1024, {0.1f});
    const auto found = ids_of(scan.candidates().top);
    EXPECT_EQ(static_cast<std::int64_t>(found.size()), n);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  EXPECT_LT(seconds(200'000), 2.0);
}

TEST(RowScan, NumbersThatAreNoneAreNeverCandidates) {
  std::vector<float> logits(100, 0.0f);
  for (std::size_t i = 0; i < logits.size(); i += 3) logits[i] = NAN;
  logits[50] = 3;
  RowScan scan(4);
  add(scan, logits, 32, {0});
  for (const Candidate& candidate : scan.candidates().top)
    EXPECT_FALSE(std::isnan(candidate.logit));
}

}  // namespace
}  // namespace headlens
