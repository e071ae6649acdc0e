#include "headlens/learn/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

constexpr LogisticOptions kTight{.tolerance = 1e-12};

struct Case {
  explicit Case(const std::string& name)
      : golden(learn_golden()["logistic"][name]),
        x(learn_array(name)),
        labels(golden["labels"].get<std::vector<std::int32_t>>()) {}

  LogisticFit fit(const nlohmann::json& expected, LogisticProblem problem,
                  const LogisticOptions& options = kTight) const {
    problem.labels = labels;
    problem.c = expected["c"];
    return fit_logistic(matrix(x), problem, options);
  }

  const nlohmann::json& golden;
  Tensor x;
  std::vector<std::int32_t> labels;
};

void expect_optimum(const LogisticFit& fit, const nlohmann::json& expected) {
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(fit.classifier.classes, expected["classes"].get<std::vector<std::int32_t>>());
  EXPECT_NEAR(fit.loss, expected["loss"], 1e-6 * expected["loss"].get<double>());
  expect_near_all(fit.classifier.weights, expected["coef"], 1e-4);
  expect_near_all(fit.classifier.intercepts, expected["intercept"], 1e-4);
}

TEST(LogisticRegression, FindsScikitLearnsOptimum) {
  const Case many("overlapping");
  const LogisticFit fit = many.fit(many.golden["plain"], {});
  expect_optimum(fit, many.golden["plain"]);
  EXPECT_EQ(fit.classifier.predict(matrix(many.x)),
            many.golden["plain"]["predicted"].get<std::vector<std::int32_t>>());
  expect_optimum(many.fit(many.golden["strong"], {}), many.golden["strong"]);
}

TEST(LogisticRegression, TwoClassesAreOneSigmoid) {
  const Case two("binary");
  const LogisticFit fit = two.fit(two.golden["plain"], {});
  expect_optimum(fit, two.golden["plain"]);
  EXPECT_EQ(fit.classifier.n_scores(), 1);
  EXPECT_EQ(fit.classifier.predict(matrix(two.x)),
            two.golden["plain"]["predicted"].get<std::vector<std::int32_t>>());
}

TEST(LogisticRegression, WeighsClassesAndRows) {
  const Case many("overlapping");
  expect_optimum(many.fit(many.golden["balanced"], {.class_weights = BalancedClasses{}}),
                 many.golden["balanced"]);
  expect_optimum(
      many.fit(many.golden["named"], {.class_weights = NamedClassWeights{{0, 0.5}, {2, 3.0}}}),
      many.golden["named"]);
  const auto weights = many.golden["row_weights"].get<std::vector<float>>();
  expect_optimum(many.fit(many.golden["weighted"],
                          {.row_weights = weights, .class_weights = BalancedClasses{}}),
                 many.golden["weighted"]);
}

/// The loss that is reported is that of the classifier, and no direction lowers it.
TEST(LogisticRegression, TheOptimumsGradientIsZero) {
  for (const char* name : {"overlapping", "binary"}) {
    const Case some(name);
    const LogisticFit fit = some.fit(some.golden["plain"], {});
    EXPECT_NEAR(fit.loss, loss_of(fit.classifier, matrix(some.x), some.labels, 1), 1e-6 * fit.loss);
    for (const double g : gradient_of(fit.classifier, matrix(some.x), some.labels, 1)) {
      EXPECT_NEAR(g, 0, 2e-3) << name;
    }
  }
}

/// Of the test's own gradient, which other tests lean on.
TEST(LogisticRegression, GradientsAreThoseOfFiniteDifferences) {
  const Case some("overlapping");
  LinearClassifier classifier = some.fit(some.golden["strong"], {}).classifier;
  const std::vector<double> gradient = gradient_of(classifier, matrix(some.x), some.labels, 1);
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < classifier.weights.size(); i += 7) {
    const double at = classifier.weights[i];
    classifier.weights[i] = at + kStep;
    const double above = loss_of(classifier, matrix(some.x), some.labels, 1);
    classifier.weights[i] = at - kStep;
    const double below = loss_of(classifier, matrix(some.x), some.labels, 1);
    classifier.weights[i] = at;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-5 * std::abs(gradient[i]) + 1e-5);
  }
}

TEST(LogisticRegression, AWarmStartEndsAtOnceWhereItBegan) {
  for (const char* name : {"overlapping", "binary"}) {
    const Case some(name);
    const LogisticFit cold = some.fit(some.golden["plain"], {});
    const LogisticFit warm = some.fit(some.golden["plain"], {.start = &cold.classifier});
    expect_optimum(warm, some.golden["plain"]);
    EXPECT_LE(warm.iterations, 6) << name;
    EXPECT_LT(warm.iterations, cold.iterations);
  }
}

TEST(LogisticRegression, StopsAtItsLastIterationAndSaysSo) {
  const Case some("overlapping");
  const LogisticFit fit = some.fit(some.golden["plain"], {}, {.max_iterations = 3});
  EXPECT_EQ(fit.iterations, 3);
  EXPECT_FALSE(fit.converged);
  EXPECT_GT(fit.loss, some.golden["plain"]["loss"].get<double>() * (1 + 1e-6));
  EXPECT_GT(fit.remaining, LogisticOptions{}.tolerance);
}

/// A perfectly separable problem has its optimum at large weights and small losses.
TEST(LogisticRegression, SeparableExamples) {
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  Tensor x({60, 100});
  std::vector<std::int32_t> labels(60);
  for (float& value : x.values()) value = normal(random);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  const LogisticFit fit =
      fit_logistic(matrix(x), {.labels = labels, .c = 1e4}, {.tolerance = 1e-10});
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(fit.classifier.predict(matrix(x)), labels);
  EXPECT_NEAR(fit.loss, loss_of(fit.classifier, matrix(x), labels, 1e4), 1e-5 * fit.loss);
  for (const double g : gradient_of(fit.classifier, matrix(x), labels, 1e4)) {
    EXPECT_NEAR(g, 0, 5e-3);
  }
}

}  // namespace
}  // namespace headlens
