#include "headlens/learn/leace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/learn/random_eraser.h"
#include "headlens/learn/standardizer.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

const nlohmann::json& erasure_golden() {
  static const nlohmann::json json = read_json(HEADLENS_TEST_DATA "/goldens/learn/erasure.json");
  return json;
}

struct States {
  explicit States(const std::string& name)
      : x(learn_array(name)),
        labels(learn_golden()["logistic"][name]["labels"].get<std::vector<std::int32_t>>()) {}

  Leace leace() const {
    const Tensor z = one_hot(labels);
    return {matrix(x), matrix(z)};
  }

  Tensor x;
  std::vector<std::int32_t> labels;
};

/// Of numbers as large as their column.
void expect_rows(const Tensor& found, const std::vector<double>& expected, double tolerance) {
  const std::int64_t width = found.size(1);
  ASSERT_EQ(expected.size(), found.values().size());
  std::vector<double> sizes(width, 1e-3);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    sizes[i % width] = std::max(sizes[i % width], std::abs(expected[i]));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.data()[i], expected[i], tolerance * sizes[i % width])
        << "row " << i / width << ", column " << i % width;
  }
}

/// Largest correlation of a column with a class.
double largest_correlation(const Tensor& x, const std::vector<std::int32_t>& labels) {
  const Standardizer columns = Standardizer::fit(matrix(x));
  const Tensor z = one_hot(labels);
  const Standardizer classes = Standardizer::fit(matrix(z));
  double largest = 0;
  for (std::int64_t j = 0; j < x.size(1); ++j) {
    for (std::int64_t c = 0; c < z.size(1); ++c) {
      double sum = 0;
      for (std::int64_t i = 0; i < x.size(0); ++i) {
        sum += (x.data()[i * x.size(1) + j] - columns.mean[j]) / columns.deviation[j] *
               (z.data()[i * z.size(1) + c] - classes.mean[c]) / classes.deviation[c];
      }
      largest = std::max(largest, std::abs(sum) / static_cast<double>(x.size(0)));
    }
  }
  return largest;
}

class EveryState : public testing::TestWithParam<std::string> {
 protected:
  States states_{GetParam()};
};

TEST_P(EveryState, IsWhatThePackageOfTheAuthorsLeaves) {
  const Tensor erased = states_.leace().eraser().apply(matrix(states_.x));
  expect_rows(erased, erasure_golden()["leace"][GetParam()], 1e-5);
  expect_rows(erased, erasure_golden()["formula"][GetParam()], 1e-5);
}

TEST_P(EveryState, NothingCovariesWithTheClassAfterwards) {
  const Tensor erased = states_.leace().eraser().apply(matrix(states_.x));
  EXPECT_GT(largest_correlation(states_.x, states_.labels), 0.1);
  EXPECT_LT(largest_correlation(erased, states_.labels), 1e-6);
}

TEST_P(EveryState, AFreshProbeIsNoBetterThanTheLargestClass) {
  const Tensor erased = states_.leace().eraser().apply(matrix(states_.x));
  const Standardizer columns = Standardizer::fit(matrix(erased));
  const LogisticProblem problem{.labels = states_.labels, .penalty_scales = columns.deviation};
  const LogisticFit fit = fit_logistic(matrix(erased), problem);
  std::map<std::int32_t, int> counts;
  int most = 0;
  for (const std::int32_t label : states_.labels) most = std::max(most, ++counts[label]);
  EXPECT_DOUBLE_EQ(accuracy(states_.labels, fit.classifier.predict(matrix(erased))),
                   static_cast<double>(most) / static_cast<double>(states_.labels.size()));
}

TEST_P(EveryState, TheRankIsOneLessThanTheClasses) {
  const std::size_t n_classes = std::set(states_.labels.begin(), states_.labels.end()).size();
  EXPECT_EQ(states_.leace().eraser().rank, static_cast<std::int64_t>(n_classes) - 1);
}

TEST_P(EveryState, TwiceIsOnceAndTheMeanStays) {
  const LinearEraser& eraser = states_.leace().eraser();
  const Tensor once = eraser.apply(matrix(states_.x));
  const Tensor twice = eraser.apply(matrix(once));
  expect_rows(twice, {once.values().begin(), once.values().end()}, 1e-5);
  const Standardizer before = Standardizer::fit(matrix(states_.x));
  const Standardizer after = Standardizer::fit(matrix(once));
  for (std::size_t j = 0; j < before.mean.size(); ++j) {
    EXPECT_NEAR(after.mean[j], before.mean[j], 1e-5 * before.deviation[j]);
  }
}

/// Sum over rows of the squared change in standardised columns.
double moved(const Tensor& x, const Tensor& erased) {
  const Standardizer columns = Standardizer::fit(matrix(x));
  double sum = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    sum += std::pow((erased.data()[i] - x.data()[i]) / columns.deviation[i % x.size(1)], 2);
  }
  return sum;
}

/// The orthogonal eraser with the same power takes away the span of the covariances.
TEST_P(EveryState, NoOrthogonalEraserMovesTheStatesLess) {
  const std::int64_t width = states_.x.size(1);
  const Standardizer columns = Standardizer::fit(matrix(states_.x));
  const Tensor y = columns.transform(matrix(states_.x)), z = one_hot(states_.labels);
  std::vector<double> covariances(z.size(1) * width);
  for (std::int64_t i = 0; i < y.size(0); ++i) {
    for (std::int64_t c = 0; c < z.size(1); ++c) {
      for (std::int64_t j = 0; j < width; ++j) {
        covariances[c * width + j] += z.data()[i * z.size(1) + c] * y.data()[i * width + j];
      }
    }
  }
  LinearEraser orthogonal{.mean = std::vector<double>(width)};
  orthogonal.rank = extend_basis(orthogonal.left, width, covariances);
  orthogonal.right = orthogonal.left;
  const Tensor projected = orthogonal.apply(matrix(y));
  EXPECT_LT(largest_correlation(projected, states_.labels), 1e-5);
  const Leace leace(matrix(y), matrix(z));
  const double least = moved(y, leace.eraser().apply(matrix(y)));
  EXPECT_LT(least, moved(y, projected));
  EXPECT_GT(least, 0);
}

TEST_P(EveryState, TheControlKeepsTheClassAndIsAProjection) {
  const Leace leace = states_.leace();
  const LinearEraser control = leace.random(2, 7);
  EXPECT_EQ(control.rank, 2);
  const Tensor once = control.apply(matrix(states_.x));
  EXPECT_GT(largest_correlation(once, states_.labels), 0.1);
  const Tensor twice = control.apply(matrix(once));
  expect_rows(twice, {once.values().begin(), once.values().end()}, 1e-5);
  EXPECT_EQ(leace.random(2, 7).left, control.left);
  EXPECT_NE(leace.random(2, 8).left, control.left);
}

INSTANTIATE_TEST_SUITE_P(States, EveryState, testing::Values("overlapping", "binary", "hostile"),
                         [](const auto& test) { return test.param; });

/// In the whitened space each control takes one unit of variance a direction.
TEST(Leace, TheControlIsOrthogonalInTheWhitenedSpace) {
  const States states("overlapping");
  const LinearEraser control = states.leace().random(3, 1);
  const std::int64_t width = states.x.size(1);
  const Tensor left = control.apply(matrix(states.x));
  // right^T Sigma right is the identity.
  const Standardizer columns = Standardizer::fit(matrix(states.x));
  std::vector<double> products(9);
  for (std::int64_t i = 0; i < states.x.size(0); ++i) {
    double amounts[3] = {};
    for (int r = 0; r < 3; ++r) {
      for (std::int64_t j = 0; j < width; ++j) {
        amounts[r] +=
            control.right[r * width + j] * (states.x.data()[i * width + j] - columns.mean[j]);
      }
    }
    for (int k = 0; k < 9; ++k) products[k] += amounts[k / 3] * amounts[k % 3];
  }
  const double scale = products[0];
  for (int k = 0; k < 9; ++k) EXPECT_NEAR(products[k] / scale, k % 4 == 0 ? 1 : 0, 1e-6);
}

TEST(Leace, FewerRowsThanColumns) {
  const States all("overlapping");
  const std::int64_t n = erasure_golden()["few_rows"], width = all.x.size(1);
  ASSERT_LT(n, width);
  const TensorView<const float, 2> x(all.x.data(), {n, width});
  const Tensor z = one_hot(std::span(all.labels).first(n));
  const Tensor erased = Leace(x, matrix(z)).eraser().apply(x);
  expect_rows(erased, erasure_golden()["few"], 1e-4);
}

TEST(Leace, ErasesRealValuesToo) {
  const Tensor x = learn_array("hostile"), y = learn_array("ridge_targets");
  const LinearEraser eraser = Leace(matrix(x), matrix(y)).eraser();
  EXPECT_EQ(eraser.rank, 2);
  const Tensor erased = eraser.apply(matrix(x));
  const Standardizer columns = Standardizer::fit(matrix(erased));
  const Standardizer targets = Standardizer::fit(matrix(y));
  for (std::int64_t k = 0; k < erased.size(1) * 2; ++k) {
    const std::int64_t j = k / 2, t = k % 2;
    double sum = 0;
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      sum += (erased.data()[i * x.size(1) + j] - columns.mean[j]) / columns.deviation[j] *
             (y.data()[i * 2 + t] - targets.mean[t]) / targets.deviation[t];
    }
    EXPECT_NEAR(sum / static_cast<double>(x.size(0)), 0, 1e-6);
  }
}

TEST(Leace, RefusesWhatMakesNoSense) {
  const States states("binary");
  const Tensor z = one_hot(states.labels);
  EXPECT_THROW(states.leace().random(-1, 0), UsageError);
  EXPECT_THROW(states.leace().random(states.x.size(1) + 1, 0), UsageError);
  EXPECT_EQ(states.leace().random(0, 0).rank, 0);
  const TensorView<const float, 2> few(states.x.data(), {1, states.x.size(1)});
  EXPECT_THROW(Leace(few, {z.data(), {1, 2}}), UsageError);
  EXPECT_THROW(Leace(matrix(states.x), {z.data(), {5, 2}}), ShapeError);
  Tensor broken = learn_array("binary");
  broken.data()[7] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(Leace(matrix(broken), matrix(z)), UsageError);
  EXPECT_THROW(one_hot({}), UsageError);
  EXPECT_THROW(states.leace().eraser().apply(TensorView<const float, 2>(broken.data(), {4, 3})),
               ShapeError);
}

/// One class alone has nothing to erase.
TEST(Leace, OfAConstantConceptIsNothing) {
  const States states("binary");
  const std::vector<std::int32_t> same(states.labels.size(), 4);
  const Tensor z = one_hot(same);
  const LinearEraser eraser = Leace(matrix(states.x), matrix(z)).eraser();
  EXPECT_EQ(eraser.rank, 0);
  const Tensor erased = eraser.apply(matrix(states.x));
  EXPECT_TRUE(std::ranges::equal(erased.values(), states.x.values()));
}

}  // namespace
}  // namespace headlens
