#include "headlens/learn/inlp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/learn/random_eraser.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

void expect_orthonormal(const LinearEraser& eraser) {
  const std::int64_t n = eraser.width();
  ASSERT_EQ(eraser.left.size(), static_cast<std::size_t>(eraser.rank * n));
  EXPECT_EQ(eraser.left, eraser.right);
  for (std::int64_t i = 0; i < eraser.rank; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double inner = 0;
      for (std::int64_t k = 0; k < n; ++k) {
        inner += eraser.left[i * n + k] * eraser.left[j * n + k];
      }
      EXPECT_NEAR(inner, i == j ? 1 : 0, 1e-12);
    }
  }
}

TEST(Inlp, IsScikitLearnsClassifiersOneAfterAnother) {
  const nlohmann::json all = read_json(HEADLENS_TEST_DATA "/goldens/learn/erasure.json")["inlp"];
  for (const std::string name : {"overlapping", "binary"}) {
    const Tensor x = learn_array(name);
    const auto labels = learn_golden()["logistic"][name]["labels"].get<std::vector<std::int32_t>>();
    const InlpFit fit = fit_inlp(matrix(x), labels,
                                 {.max_rounds = 3, .tolerance = -1, .fit = {.tolerance = 1e-13}});
    const nlohmann::json& expected = all[name];
    EXPECT_EQ(fit.eraser.rank, expected["rank"].get<std::int64_t>());
    expect_near_all(fit.accuracies, expected["accuracies"], 1e-2);
    expect_orthonormal(fit.eraser);
    const std::int64_t n = x.size(1);
    std::vector<double> projection(n * n);
    for (std::int64_t r = 0; r < fit.eraser.rank; ++r) {
      for (std::int64_t i = 0; i < n * n; ++i) {
        projection[i] += fit.eraser.left[r * n + i / n] * fit.eraser.right[r * n + i % n];
      }
    }
    expect_near_all(projection, expected["projection"], 1e-3);
  }
}

/// Two classes that differ along two of eight columns.
struct Planted {
  explicit Planted(std::int64_t n, unsigned seed) : x({n, 8}), labels(n) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::int64_t i = 0; i < n; ++i) {
      labels[i] = static_cast<std::int32_t>(random() % 2);
      for (std::int64_t j = 0; j < 8; ++j) {
        x.data()[i * 8 + j] = normal(random) + (j < 2 && labels[i] == 1 ? 3.0f : 0.0f);
      }
    }
  }
  Tensor x;
  std::vector<std::int32_t> labels;
};

TEST(Inlp, StopsWhenNothingIsLeftOnOtherRows) {
  const Planted train(4000, 1), other(2000, 2);
  std::vector<int> rounds;
  const InlpFit fit = fit_inlp(matrix(train.x), train.labels,
                               {.tolerance = 0.03,
                                .check = {.x = matrix(other.x), .labels = other.labels},
                                .on_round = [&](int round, double) { rounds.push_back(round); }});
  EXPECT_TRUE(fit.converged);
  EXPECT_GT(fit.accuracies.front(), 0.95);
  EXPECT_LT(fit.accuracies.back(), 0.54);
  EXPECT_EQ(fit.eraser.rank, std::ssize(fit.accuracies) - 1);
  EXPECT_LE(fit.eraser.rank, 3);
  EXPECT_EQ(rounds.size(), fit.accuracies.size());
  expect_orthonormal(fit.eraser);
}

TEST(Inlp, SaysWhenItsRoundsWereTooFew) {
  const Planted train(400, 3);
  const InlpFit fit = fit_inlp(matrix(train.x), train.labels, {.max_rounds = 1});
  EXPECT_FALSE(fit.converged);
  EXPECT_EQ(fit.eraser.rank, 1);
  EXPECT_THROW(fit_inlp(matrix(train.x), train.labels, {.max_rounds = 0}), UsageError);
  const std::vector<std::int32_t> same(400, 1);
  EXPECT_THROW(fit_inlp(matrix(train.x), same), UsageError);
}

TEST(RandomEraser, IsAnOrthogonalProjection) {
  const LinearEraser eraser = random_orthogonal_eraser(std::vector<double>(12, 0.5), 5, 3);
  EXPECT_EQ(eraser.rank, 5);
  expect_orthonormal(eraser);
  EXPECT_EQ(random_orthogonal_eraser(std::vector<double>(12, 0.5), 5, 3).left, eraser.left);
  EXPECT_NE(random_orthogonal_eraser(std::vector<double>(12, 0.5), 5, 4).left, eraser.left);
  std::vector<float> mean(12, 0.5f);
  eraser.apply(mean.data());
  for (const float value : mean) EXPECT_FLOAT_EQ(value, 0.5f);
  EXPECT_THROW(random_orthogonal_eraser(std::vector<double>(3), 4, 0), UsageError);
}

/// Uniform over subspaces: what is taken from a unit vector is rank / width of it in the mean.
TEST(RandomEraser, FavoursNoDirection) {
  constexpr int kSeeds = 400;
  for (const std::size_t axis : {0u, 9u}) {
    double taken = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      const LinearEraser eraser = random_orthogonal_eraser(std::vector<double>(10), 3, seed);
      for (std::int64_t r = 0; r < 3; ++r) taken += std::pow(eraser.left[r * 10 + axis], 2);
    }
    EXPECT_NEAR(taken / kSeeds, 0.3, 0.03);
  }
}

TEST(RandomEraser, NumbersAreNormal) {
  const std::vector<double> numbers = normal_numbers(20000, 1);
  double mean = 0, square = 0, fourth = 0;
  for (const double x : numbers) {
    mean += x / 20000;
    square += x * x / 20000;
    fourth += x * x * x * x / 20000;
  }
  EXPECT_NEAR(mean, 0, 0.02);
  EXPECT_NEAR(square, 1, 0.03);
  EXPECT_NEAR(fourth, 3, 0.2);
}

}  // namespace
}  // namespace headlens
