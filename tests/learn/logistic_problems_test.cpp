#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "headlens/base/team.h"
#include "headlens/learn/logistic_regression.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

/// Task, control, fold, weighted and binary problems on the same states.
struct Problems : testing::Test {
  Problems() {
    std::mt19937 random(9);
    control = labels;
    std::ranges::shuffle(control, random);
    for (const std::int32_t label : labels) is_first.push_back(label == 0 ? 1 : 0);
    for (const std::int32_t label : labels) is_second.push_back(label == 1 ? -4 : 4);
    fold.assign(labels.size(), 1.0f);
    std::fill(fold.begin() + 96, fold.begin() + 210, 0.0f);
    problems = {{.labels = labels},
                {.labels = is_first},
                {.labels = control, .c = 0.1},
                {.labels = is_second, .row_weights = fold, .class_weights = BalancedClasses{}},
                {.labels = labels, .row_weights = fold},
                {.labels = is_first, .c = 10}};
  }

  Tensor x = learn_array("hostile");
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["hostile"]["labels"].get<std::vector<std::int32_t>>();
  std::vector<std::int32_t> control, is_first, is_second;
  std::vector<float> fold;
  std::vector<LogisticProblem> problems;
};

void expect_same(const LogisticFit& one, const LogisticFit& other) {
  EXPECT_EQ(one.loss, other.loss);
  EXPECT_EQ(one.iterations, other.iterations);
  EXPECT_EQ(one.classifier.classes, other.classifier.classes);
  EXPECT_EQ(one.classifier.weights, other.classifier.weights);
  EXPECT_EQ(one.classifier.intercepts, other.classifier.intercepts);
}

TEST_F(Problems, TogetherAreEachAloneToTheLastBit) {
  const std::vector<LogisticFit> together = fit_logistic(matrix(x), problems);
  ASSERT_EQ(together.size(), problems.size());
  // So long that their classes come to have inverses of their own, a fold's too.
  EXPECT_GT(together[0].iterations, 25);
  EXPECT_GT(together[4].iterations, 25);
  for (std::size_t p = 0; p < problems.size(); ++p) {
    SCOPED_TRACE(p);
    EXPECT_TRUE(together[p].converged);
    expect_same(together[p], fit_logistic(matrix(x), problems[p]));
  }
}

TEST_F(Problems, OneThreadGivesWhatManyGive) {
  const std::vector<LogisticFit> many = fit_logistic(matrix(x), problems);
  std::vector<LogisticFit> one;
  // Inside a team, work is not divided further.
  run_team(2, [&](Lane& lane) {
    if (lane.index() == 0) one = fit_logistic(matrix(x), problems);
  });
  for (std::size_t p = 0; p < problems.size(); ++p) expect_same(many[p], one[p]);
}

/// A fold is the problem of its rows alone.
TEST_F(Problems, RowsOfWeightZeroAreNotThere) {
  std::vector<float> rows;
  std::vector<std::int32_t> kept;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    if (fold[i] == 0) continue;
    rows.insert(rows.end(), x.data() + i * x.size(1), x.data() + (i + 1) * x.size(1));
    kept.push_back(labels[i]);
  }
  const TensorView<const float, 2> alone(rows.data(),
                                         {static_cast<std::int64_t>(kept.size()), x.size(1)});
  const LogisticFit fit = fit_logistic(alone, {.labels = kept});
  const LogisticFit masked = fit_logistic(matrix(x), problems[4]);
  EXPECT_NEAR(fit.loss, masked.loss, 1e-5 * fit.loss);
  EXPECT_EQ(fit.classifier.predict(matrix(x)), masked.classifier.predict(matrix(x)));
}

/// More classes than a vector holds, and more narrow problems than a group does.
TEST(LogisticProblems, WideAndManyNarrowOnes) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Tensor x({500, 37});
  for (float& value : x.values()) value = normal(random);
  std::vector<std::vector<std::int32_t>> labels(24, std::vector<std::int32_t>(500));
  for (std::size_t p = 0; p < labels.size(); ++p) {
    const std::uint32_t n_classes = p == 3 ? 41 : p % 3 + 2;
    for (std::int32_t& label : labels[p]) label = static_cast<std::int32_t>(random() % n_classes);
  }
  std::vector<LogisticProblem> problems;
  for (const auto& some : labels) problems.push_back({.labels = some});
  const std::vector<LogisticFit> fits = fit_logistic(matrix(x), problems, {.tolerance = 1e-11});
  for (std::size_t p = 0; p < problems.size(); ++p) {
    for (const double g : gradient_of(fits[p].classifier, matrix(x), labels[p], 1)) {
      EXPECT_NEAR(g, 0, 5e-3) << p;
    }
  }
}

TEST(LogisticProblems, NoneIsNothing) {
  const Tensor x = learn_array("binary");
  EXPECT_TRUE(fit_logistic(matrix(x), std::span<const LogisticProblem>()).empty());
}

}  // namespace
}  // namespace headlens
