#include "headlens/learn/variational_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/learn/standardizer.h"
#include "headlens/learn/variational_objective.h"
#include "tests/learn/learn_golden.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

struct VariationalCodes : testing::Test {
  const nlohmann::json& golden = structure_golden()["variational"];
  Tensor x = learn_array("overlapping");
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["overlapping"]["labels"].get<std::vector<std::int32_t>>();
  Tensor standard = Standardizer::fit(matrix(x)).transform(matrix(x));
};

/// PyTorch's value, its kl_divergence and its gradient in float64.
TEST_F(VariationalCodes, MinimiseWhatPyTorchComputes) {
  VariationalObjective objective(matrix(standard), labels, 4);
  objective.set_prior(golden["prior"]);
  const auto point = golden["point"].get<std::vector<double>>();
  std::vector<double> gradient(point.size());
  EXPECT_NEAR(objective(point, gradient), golden["value"].get<double>(), 1e-3);
  EXPECT_NEAR(objective.data_nats(), golden["data"].get<double>(), 1e-3);
  EXPECT_NEAR(objective.weight_nats(), golden["weights"].get<double>(), 1e-6);
  expect_near_all(gradient, golden["gradient"], 1e-4);
}

/// scipy's optimum for the prior that was chosen, which is not longer than its neighbours'.
TEST_F(VariationalCodes, ReachSciPysOptimum) {
  const VariationalCode code = variational_code(matrix(x), labels);
  EXPECT_TRUE(code.converged);
  const int exponent = static_cast<int>(std::log2(code.prior_deviation));
  const double expected = golden["optima"][std::to_string(exponent)].get<double>();
  const double nats = (code.data_bits + code.weight_bits) * std::numbers::ln2;
  EXPECT_NEAR(nats, expected, 1e-4 * expected);
  for (const int other : {exponent - 1, exponent + 1}) {
    const std::string name = std::to_string(other);
    if (golden["optima"].contains(name)) {
      EXPECT_LT(nats, golden["optima"][name].get<double>() * 1.01);
    }
  }
  EXPECT_NEAR(code.code_length_bits, code.data_bits + code.weight_bits + 4, 1e-9);
  EXPECT_NEAR(code.uniform_bits, 2.0 * 230, 1e-9);
  EXPECT_NEAR(code.compression, code.uniform_bits / code.code_length_bits, 1e-12);
  EXPECT_GT(code.accuracy, 0.5);
}

/// Labels sent with weights that are drawn cost no more than the bound says.
TEST_F(VariationalCodes, AreNoShorterThanTheDrawnCode) {
  const VariationalCode code = variational_code(matrix(x), labels);
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  constexpr int kDraws = 400, kClasses = 4;
  const std::int64_t d = standard.size(1);
  double nats = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<double> weights(code.means.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = code.means[i] + code.deviations[i] * normal(random);
    }
    for (std::int64_t row = 0; row < standard.size(0); ++row) {
      double sum = 0, own = 0;
      for (int c = 0; c < kClasses; ++c) {
        double z = weights[d * kClasses + c];
        for (std::int64_t j = 0; j < d; ++j)
          z += standard.data()[row * d + j] * weights[j * kClasses + c];
        sum += std::exp(z);
        if (c == labels[row]) own = z;
      }
      nats += (std::log(sum) - own) / kDraws;
    }
  }
  const double bits = nats / std::numbers::ln2;
  EXPECT_LE(bits, code.data_bits);
  EXPECT_GT(bits, 0.9 * code.data_bits);
}

/// Labels drawn without a look at the states cost about what their shares say.
TEST_F(VariationalCodes, OfNoiseIsHardlyLongerThanTheLabelsAlone) {
  std::mt19937_64 random(8);
  std::vector<std::int32_t> drawn;
  double alone = 0;
  std::vector<double> counts(2, 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    drawn.push_back(static_cast<std::int32_t>(random() % 2));
    ++counts[drawn.back()];
  }
  for (const double count : counts)
    alone -= count * std::log2(count / static_cast<double>(drawn.size()));
  const VariationalCode code = variational_code(matrix(x), drawn);
  EXPECT_GT(code.code_length_bits, alone - 5);
  EXPECT_LT(code.code_length_bits, alone + 25);
}

TEST_F(VariationalCodes, RefuseWhatMakesNoSense) {
  const std::vector<std::int32_t> same(labels.size(), 3);
  EXPECT_THROW(variational_code(matrix(x), same), UsageError);
  EXPECT_THROW(variational_code(matrix(x), std::span(labels).first(9)), ShapeError);
}

/// A quartic whose minimum is known, from far away and with bad scales.
TEST(Minimize, FindsTheMinimum) {
  const SmoothFunction function = [](std::span<const double> p, std::span<double> g) {
    double value = 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double off = p[i] - static_cast<double>(i),
                   scale = std::pow(10.0, static_cast<double>(i));
      value += scale * (off * off + off * off * off * off);
      g[i] = scale * (2 * off + 4 * off * off * off);
    }
    return value;
  };
  const std::vector<double> scales(4, 0.5);
  const Minimum found = minimize({9, -9, 9, -9}, scales, function, {.tolerance = 1e-14});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.value, 1, 1e-10);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(found.point[i], i, 1e-4);
}

}  // namespace
}  // namespace headlens
