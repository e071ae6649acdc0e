#include <gtest/gtest.h>

#include <cmath>

#include "headlens/learn/logistic_regression.h"
#include "headlens/learn/standardizer.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

/// States with activations of 27,000 beside 0.1, and a column of 500 that varies by hundredths.
struct Hostile : testing::Test {
  const nlohmann::json& golden = learn_golden()["logistic"]["hostile"];
  Tensor x = learn_array("hostile");
  std::vector<std::int32_t> labels = golden["labels"].get<std::vector<std::int32_t>>();
};

TEST_F(Hostile, TheLossIsThatOfNewtonOrLower) {
  const double expected = golden["plain"]["loss"];
  const LogisticFit fit = fit_logistic(matrix(x), {.labels = labels});
  EXPECT_TRUE(fit.converged);
  EXPECT_LE(fit.loss, expected * (1 + 1e-5));
  EXPECT_GE(fit.loss, expected * (1 - 1e-5));
  EXPECT_NEAR(loss_of(fit.classifier, matrix(x), labels, 1), fit.loss, 1e-5 * expected);
  EXPECT_LE(fit.iterations, 200);
  EXPECT_EQ(fit.classifier.predict(matrix(x)),
            golden["plain"]["predicted"].get<std::vector<std::int32_t>>());
}

/// A penalty in proportion to the columns' deviations is standardising them.
TEST_F(Hostile, APenaltyByDeviationsIsStandardisedColumns) {
  const nlohmann::json& expected = golden["standardized"];
  const Standardizer standardizer = Standardizer::fit(matrix(x));
  const LogisticFit fit =
      fit_logistic(matrix(x), {.labels = labels, .penalty_scales = standardizer.deviation},
                   {.tolerance = 1e-11});
  EXPECT_NEAR(fit.loss, expected["loss"], 1e-6 * expected["loss"].get<double>());
  const std::vector<double> coefficients = expected["coef"];
  ASSERT_EQ(fit.classifier.weights.size(), coefficients.size());
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    const double deviation = standardizer.deviation[i % standardizer.deviation.size()];
    EXPECT_NEAR(fit.classifier.weights[i] * deviation, coefficients[i], 1e-3) << i;
  }
  const Tensor standardized = standardizer.transform(matrix(x));
  const LogisticFit same = fit_logistic(matrix(standardized), {.labels = labels});
  EXPECT_NEAR(same.loss, expected["loss"], 1e-5 * expected["loss"].get<double>());
  EXPECT_EQ(same.classifier.predict(matrix(standardized)),
            expected["predicted"].get<std::vector<std::int32_t>>());
}

/// Numbers near the ends of float32 are no reason to fail.
TEST_F(Hostile, HugeAndTinyColumns) {
  Tensor scaled = x.clone();
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    scaled.data()[i * x.size(1)] *= 1e30f;
    scaled.data()[i * x.size(1) + 1] *= 1e-30f;
  }
  const LogisticFit fit = fit_logistic(matrix(scaled), {.labels = labels});
  EXPECT_TRUE(std::isfinite(fit.loss));
  EXPECT_NEAR(loss_of(fit.classifier, matrix(scaled), labels, 1), fit.loss, 1e-4 * fit.loss);
}

}  // namespace
}  // namespace headlens
