#include "headlens/learn/leace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

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

/// Rows that are expected may be the first ones only; errors are in units of their column.
void expect_rows(const Tensor& found, const std::vector<double>& expected, double tolerance) {
  const std::int64_t width = found.size(1);
  ASSERT_LE(expected.size(), found.values().size());
  ASSERT_GT(expected.size(), 0u);
  std::vector<double> sizes(width, 1e-3);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    sizes[i % width] = std::max(sizes[i % width], std::abs(expected[i]));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.data()[i], expected[i], tolerance * sizes[i % width])
        << "row " << i / width << ", column " << i % width;
  }
}

/// x - left right^T (x - mean), where float32 would add its own rounding.
std::vector<double> erased_in_double(const LinearEraser& eraser, const Tensor& x) {
  const std::int64_t n = eraser.width();
  std::vector<double> rows(x.values().begin(), x.values().end());
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    std::vector<double> taken(n);
    for (std::int64_t r = 0; r < eraser.rank; ++r) {
      double amount = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        amount += eraser.right[r * n + j] * (rows[i * n + j] - eraser.mean[j]);
      }
      for (std::int64_t j = 0; j < n; ++j) taken[j] += amount * eraser.left[r * n + j];
    }
    for (std::int64_t j = 0; j < n; ++j) rows[i * n + j] -= taken[j];
  }
  return rows;
}

/// Column by column with mean 0 and length 1.
std::vector<double> normalized(std::vector<double> rows, std::int64_t width) {
  const auto n = static_cast<std::int64_t>(rows.size()) / width;
  for (std::int64_t j = 0; j < width; ++j) {
    double mean = 0, square = 0;
    for (std::int64_t i = 0; i < n; ++i) mean += rows[i * width + j] / static_cast<double>(n);
    for (std::int64_t i = 0; i < n; ++i) square += std::pow(rows[i * width + j] - mean, 2);
    for (std::int64_t i = 0; i < n; ++i) {
      rows[i * width + j] = (rows[i * width + j] - mean) / std::sqrt(square);
    }
  }
  return rows;
}

/// Of a column of x with a column of z.
double largest_correlation(const std::vector<double>& x, std::int64_t width, const Tensor& z) {
  const std::vector<double> a = normalized(x, width);
  const std::vector<double> b = normalized({z.values().begin(), z.values().end()}, z.size(1));
  double largest = 0;
  for (std::int64_t j = 0; j < width; ++j) {
    for (std::int64_t c = 0; c < z.size(1); ++c) {
      double sum = 0;
      for (std::int64_t i = 0; i < z.size(0); ++i) sum += a[i * width + j] * b[i * z.size(1) + c];
      largest = std::max(largest, std::abs(sum));
    }
  }
  return largest;
}

double largest_correlation(const Tensor& x, const std::vector<std::int32_t>& labels) {
  return largest_correlation({x.values().begin(), x.values().end()}, x.size(1), one_hot(labels));
}

/// Once is twice where the map gives back what it takes: right^T left = 1.
void expect_projection(const LinearEraser& eraser) {
  const std::int64_t n = eraser.width();
  for (std::int64_t k = 0; k < eraser.rank * eraser.rank; ++k) {
    double product = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      product += eraser.right[k / eraser.rank * n + j] * eraser.left[k % eraser.rank * n + j];
    }
    EXPECT_NEAR(product, k % (eraser.rank + 1) == 0 ? 1 : 0, 1e-9) << k;
  }
}

class EveryState : public testing::TestWithParam<std::string> {
 protected:
  States states_{GetParam()};
};

TEST_P(EveryState, IsWhatThePackageOfTheAuthorsLeaves) {
  const Tensor erased = states_.leace().eraser().apply(matrix(states_.x));
  expect_rows(erased, erasure_golden()["leace"][GetParam()], 1e-5);
}

TEST_P(EveryState, NothingCovariesWithTheClassAfterwards) {
  const std::vector<double> erased = erased_in_double(states_.leace().eraser(), states_.x);
  EXPECT_GT(largest_correlation(states_.x, states_.labels), 0.1);
  EXPECT_LT(largest_correlation(erased, states_.x.size(1), one_hot(states_.labels)), 1e-8);
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
  const LinearEraser eraser = states_.leace().eraser();
  expect_projection(eraser);
  const std::int64_t width = states_.x.size(1);
  const std::vector<double> once = erased_in_double(eraser, states_.x);
  const Standardizer before = Standardizer::fit(matrix(states_.x));
  for (std::int64_t j = 0; j < width; ++j) {
    double mean = 0;
    for (std::int64_t i = 0; i < states_.x.size(0); ++i) {
      mean += once[i * width + j] / static_cast<double>(states_.x.size(0));
    }
    EXPECT_NEAR(mean, before.mean[j], 1e-10 * before.deviation[j] + 1e-12 * before.mean[j]);
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
  expect_projection(control);
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
  EXPECT_GT(largest_correlation({x.values().begin(), x.values().end()}, x.size(1), y), 0.1);
  EXPECT_LT(largest_correlation(erased_in_double(eraser, x), x.size(1), y), 1e-8);
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
