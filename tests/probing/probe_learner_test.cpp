#include "headlens/probing/probe_learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/tensor/tensor.h"

namespace headlens {
namespace {

constexpr std::int64_t kRows = 360, kWidth = 6;

struct Planted {
  Tensor states{{kRows, kWidth}};
  ProbeTarget target;
  std::vector<ProbeRound> rounds{1};
};

/// Noise of a tenth, to which place(label, sign) adds two coordinates. Every third row is a test
/// row.
template <typename Place>
Planted plant(int n_labels, const Place& place) {
  Planted planted;
  std::mt19937_64 random(4);
  std::normal_distribution<float> normal(0, 0.1F);
  for (std::int64_t row = 0; row < kRows; ++row) {
    const auto label = static_cast<std::int32_t>(random() % n_labels);
    const auto [x, y] = place(label, random() % 2 == 0 ? 1.0F : -1.0F);
    float* state = planted.states.data() + row * kWidth;
    for (std::int64_t j = 0; j < kWidth; ++j) state[j] = normal(random);
    state[0] += x;
    state[1] += y;
    planted.target.labels.push_back(label);
    (row % 3 == 0 ? planted.rounds[0].test : planted.rounds[0].train).push_back(row);
  }
  return planted;
}

/// Twelve classes around a circle: in its plane they lie apart, on any line they crowd.
Planted circle() {
  return plant(12, [](std::int32_t label, float) {
    const double angle = 2 * std::numbers::pi * label / 12;
    return std::pair{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  });
}

/// Two classes by the sign of a product: no line tells them apart, closeness does.
Planted corners() {
  return plant(2, [](std::int32_t label, float sign) {
    return std::pair{sign, label == 1 ? sign : -sign};
  });
}

double accuracy(const Planted& planted, const ProbeLearnerOptions& options) {
  const auto answers =
      learn_probes(planted.states.view<2>(), {&planted.target, 1}, planted.rounds, options);
  const std::vector<std::int64_t>& test = planted.rounds[0].test;
  double right = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    right += answers[0][0].predicted[i] == planted.target.labels[test[i]] ? 1 : 0;
  }
  return right / static_cast<double>(test.size());
}

ProbeLearnerOptions low_rank(int rank) {
  ProbeLearnerOptions options{.kind = ProbeKind::low_rank, .rank = rank};
  options.adam = {.adam = {.learning_rate = 0.02}, .batch_size = 32, .epochs = 60};
  return options;
}

TEST(ProbeLearner, ALowRankProbeReadsSoManyDirections) {
  const Planted planted = circle();
  EXPECT_GT(accuracy(planted, low_rank(2)), 0.9);
  EXPECT_LT(accuracy(planted, low_rank(1)), 0.8);
}

TEST(ProbeLearner, NeighborsReadWhatNoLineSeparates) {
  const Planted planted = corners();
  EXPECT_EQ(accuracy(planted, {.kind = ProbeKind::knn}), 1);
  EXPECT_EQ(accuracy(planted, {.kind = ProbeKind::knn, .standardize = true, .neighbors = 1}), 1);
  EXPECT_LT(accuracy(planted, {.kind = ProbeKind::logistic}), 0.7);
}

TEST(ProbeLearner, RefusesMoreNeighborsThanRows) {
  EXPECT_THROW(accuracy(corners(), {.kind = ProbeKind::knn, .neighbors = 1000}), UsageError);
}

}  // namespace
}  // namespace headlens
