#include "headlens/learn/ridge_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "headlens/base/errors.h"
#include "headlens/learn/standardizer.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct Ridge : testing::Test {
  Tensor x = learn_array("hostile");
  Tensor y = learn_array("ridge_targets");
  std::vector<float> weights = learn_golden()["ridge"]["row_weights"].get<std::vector<float>>();
};

TEST_F(Ridge, IsScikitLearns) {
  for (const nlohmann::json& expected : learn_golden()["ridge"]["cases"]) {
    const bool weighted = expected["weighted"];
    const RidgeFit fit = fit_ridge(
        matrix(x), matrix(y),
        {.alpha = expected["alpha"],
         .row_weights = weighted ? std::span<const float>(weights) : std::span<const float>()});
    expect_near_all(fit.weights, expected["coef"], 1e-6);
    expect_near_all(fit.intercepts, expected["intercept"], 1e-5);
  }
}

/// At the minimum no coefficient can be moved for the better.
TEST_F(Ridge, TheGradientIsZero) {
  constexpr double kAlpha = 3;
  const RidgeFit fit = fit_ridge(matrix(x), matrix(y), {.alpha = kAlpha});
  const std::vector<double> predicted = fit.predict(matrix(x));
  for (std::int64_t j = 0; j < x.size(1); ++j) {
    double gradient = kAlpha * fit.weights[j], size = 1;
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      const double value = x.data()[i * x.size(1) + j];
      gradient += (predicted[2 * i] - y.data()[2 * i]) * value;
      size += std::abs((predicted[2 * i] - y.data()[2 * i]) * value);
    }
    EXPECT_NEAR(gradient, 0, 1e-8 * size) << j;
  }
}

TEST_F(Ridge, APenaltyByDeviationsIsStandardisedColumns) {
  const Standardizer standardizer = Standardizer::fit(matrix(x));
  const RidgeFit fit = fit_ridge(matrix(x), matrix(y), {.penalty_scales = standardizer.deviation});
  const Tensor z = standardizer.transform(matrix(x));
  expect_near_all(fit.predict(matrix(x)), fit_ridge(matrix(z), matrix(y)).predict(matrix(z)), 1e-4);
}

TEST_F(Ridge, RefusesWhatMakesNoSense) {
  EXPECT_THROW(fit_ridge(matrix(x), matrix(y), {.alpha = -1}), UsageError);
  const Tensor few({3, 1});
  EXPECT_THROW(fit_ridge(matrix(x), matrix(few)), ShapeError);
  Tensor twins({4, 2});
  for (std::int64_t i = 0; i < 8; ++i) twins.data()[i] = static_cast<float>(i / 2);
  const Tensor targets = Tensor::zeros({4, 1});
  EXPECT_THROW(fit_ridge(matrix(twins), matrix(targets), {.alpha = 0}), UsageError);
  EXPECT_NO_THROW(fit_ridge(matrix(twins), matrix(targets)));
  y.data()[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(fit_ridge(matrix(x), matrix(y)), UsageError);
}

}  // namespace
}  // namespace headlens
