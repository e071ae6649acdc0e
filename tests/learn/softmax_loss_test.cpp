#include "headlens/learn/softmax_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace headlens {
namespace {

struct Rows {
  explicit Rows(int n_classes, float spread = 1) : coordinates(n_classes) {
    std::mt19937 random(n_classes);
    std::normal_distribution<float> normal(0, spread);
    logits.resize(kRows * stride());
    for (float& logit : logits) logit = normal(random);
    for (int i = 0; i < kRows; ++i) {
      classes.push_back(static_cast<std::int32_t>(random() % n_classes));
      weights.push_back(static_cast<float>(i % 3) / 2);
    }
    errors.resize(kRows * n_classes);
  }

  std::int64_t stride() const { return coordinates.n_columns + 3; }

  double loss(std::vector<float>& values) {
    std::vector<float> scratch(softmax_scratch_size(coordinates));
    return softmax_loss(
        coordinates,
        {kRows, classes.data(), weights.data(), values.data(), stride(), errors.data()},
        scratch.data());
  }

  /// One row's probabilities in double.
  std::vector<double> probabilities(const std::vector<float>& values, int row) const {
    const float* from = values.data() + row * stride();
    std::vector<double> v(from, from + coordinates.n_columns), p(coordinates.n_classes);
    coordinates.expand(v.data(), p.data());
    double sum = 0;
    for (double& score : p) sum += score = std::exp(score);
    for (double& score : p) score /= sum;
    return p;
  }

  static constexpr int kRows = 12;
  ClassCoordinates coordinates;
  std::vector<float> logits, weights, errors;
  std::vector<std::int32_t> classes;
};

double slow_loss(const Rows& rows, const std::vector<float>& values) {
  double loss = 0;
  for (int i = 0; i < Rows::kRows; ++i) {
    loss -= rows.weights[i] * std::log(rows.probabilities(values, i)[rows.classes[i]]);
  }
  return loss;
}

struct SoftmaxLoss : testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Classes, SoftmaxLoss, testing::Values(2, 3, 5, 16, 17, 18, 33, 40));

TEST_P(SoftmaxLoss, IsCrossEntropyWithItsGradient) {
  Rows rows(GetParam());
  std::vector<float> gradient = rows.logits;
  const double loss = rows.loss(gradient);
  EXPECT_NEAR(loss, slow_loss(rows, rows.logits), 1e-5 * loss);
  constexpr float kStep = 1e-2f;
  for (int i = 0; i < Rows::kRows; ++i) {
    for (int c = 0; c < rows.coordinates.n_columns; ++c) {
      std::vector<float> moved = rows.logits;
      const std::int64_t at = i * rows.stride() + c;
      moved[at] = rows.logits[at] + kStep;
      const double width = moved[at];
      const double above = slow_loss(rows, moved);
      moved[at] = rows.logits[at] - kStep;
      const double below = slow_loss(rows, moved);
      EXPECT_NEAR(gradient[at], (above - below) / (width - moved[at]), 1e-4) << i << " " << c;
    }
    EXPECT_EQ(gradient[i * rows.stride() + rows.coordinates.n_columns],
              rows.logits[i * rows.stride() + rows.coordinates.n_columns]);
  }
}

TEST_P(SoftmaxLoss, ErrorsAreProbabilitiesLessTheTruth) {
  Rows rows(GetParam());
  std::vector<float> gradient = rows.logits;
  rows.loss(gradient);
  for (int i = 0; i < Rows::kRows; ++i) {
    const std::vector<double> p = rows.probabilities(rows.logits, i);
    for (int c = 0; c < GetParam(); ++c) {
      const double expected = rows.weights[i] == 0 ? 0 : p[c] - (c == rows.classes[i] ? 1 : 0);
      EXPECT_NEAR(rows.errors[i * GetParam() + c], expected, 1e-6) << i << " " << c;
    }
  }
}

TEST_P(SoftmaxLoss, IsTheSameIfNobodyAsksForErrors) {
  Rows rows(GetParam());
  std::vector<float> asked = rows.logits, unasked = rows.logits;
  std::vector<float> scratch(softmax_scratch_size(rows.coordinates));
  const double loss = rows.loss(asked);
  EXPECT_EQ(loss, softmax_loss(rows.coordinates,
                               {Rows::kRows, rows.classes.data(), rows.weights.data(),
                                unasked.data(), rows.stride(), nullptr},
                               scratch.data()));
  EXPECT_EQ(asked, unasked);
}

/// What lacks to probability one is the loss, and the gradient, down to the smallest.
TEST(SoftmaxLossDigits, SmallLossesKeepTheirs) {
  const ClassCoordinates coordinates(2);
  std::vector<float> logits{20.0f, 30.0f}, scratch(softmax_scratch_size(coordinates));
  std::vector<float> weights{1, 1}, errors(4);
  const std::vector<std::int32_t> classes{1, 1};
  const double loss = softmax_loss(
      coordinates, {2, classes.data(), weights.data(), logits.data(), 1, errors.data()},
      scratch.data());
  EXPECT_NEAR(loss, std::exp(-20.0) + std::exp(-30.0), 1e-6 * std::exp(-20.0));
  EXPECT_NEAR(logits[1], -std::exp(-30.0), 1e-6 * std::exp(-30.0));
  EXPECT_NEAR(errors[2], std::exp(-30.0), 1e-6 * std::exp(-30.0));
  EXPECT_NEAR(errors[3], -std::exp(-30.0), 1e-6 * std::exp(-30.0));
}

TEST(SoftmaxLossDigits, FarScoresDoNotOverflow) {
  const ClassCoordinates coordinates(3);
  std::vector<float> logits{3e4f, -2e4f}, scratch(softmax_scratch_size(coordinates));
  const std::vector<float> weights{1};
  std::vector<float> errors(3);
  const std::vector<std::int32_t> classes{1};
  const double loss = softmax_loss(
      coordinates, {1, classes.data(), weights.data(), logits.data(), 2, errors.data()},
      scratch.data());
  EXPECT_NEAR(loss, 5e4, 1);
  EXPECT_TRUE(std::isfinite(logits[0]) && std::isfinite(logits[1]));
}

}  // namespace
}  // namespace headlens
