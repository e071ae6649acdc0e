#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/learn/logistic_regression.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct Refusal : testing::Test {
  Tensor x = learn_array("binary");
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["binary"]["labels"].get<std::vector<std::int32_t>>();

  std::string message(const LogisticProblem& problem, const LogisticOptions& options = {}) const {
    try {
      fit_logistic(matrix(x), problem, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "nothing was refused";
  }
};

using testing::HasSubstr;

TEST_F(Refusal, StatesThatAreNotFinite) {
  x.data()[17 * x.size(1) + 4] = std::numeric_limits<float>::quiet_NaN();
  x.data()[90 * x.size(1)] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(message({.labels = labels}), HasSubstr("row 17, column 4 of the states is nan"));
  x.data()[17 * x.size(1) + 4] = 0;
  EXPECT_THAT(message({.labels = labels}), HasSubstr("row 90, column 0 of the states is inf"));
}

TEST_F(Refusal, OneClassOnly) {
  const std::vector<std::int32_t> same(labels.size(), 6);
  EXPECT_THAT(message({.labels = same}), HasSubstr("every example has label 6"));
  std::vector<float> ones;
  for (const std::int32_t label : labels) ones.push_back(label == 1 ? 1.0f : 0.0f);
  EXPECT_THAT(message({.labels = labels, .row_weights = ones}), HasSubstr("has label 1"));
  const std::vector<float> none(labels.size(), 0.0f);
  EXPECT_THAT(message({.labels = labels, .row_weights = none}), HasSubstr("no row has a weight"));
}

TEST_F(Refusal, OptionsThatMakeNoSense) {
  EXPECT_THAT(message({.labels = labels, .c = 0}), HasSubstr("C is 0"));
  EXPECT_THAT(message({.labels = labels}, {.max_iterations = 0}), HasSubstr("iteration"));
  EXPECT_THAT(message({.labels = labels}, {.tolerance = 0}), HasSubstr("tolerance"));
  EXPECT_THAT(message({.labels = labels}, {.memory = 0}), HasSubstr("memory"));
  EXPECT_THAT(message({.labels = labels, .class_weights = NamedClassWeights{{5, 1.0}}}),
              HasSubstr("class 5 has a weight but no example"));
  EXPECT_THAT(message({.labels = labels, .class_weights = NamedClassWeights{{1, -1.0}}}),
              HasSubstr("weight of class 1"));
  std::vector<float> weights(labels.size(), 1.0f);
  weights[3] = -1;
  EXPECT_THAT(message({.labels = labels, .row_weights = weights}), HasSubstr("-1"));
  const std::vector<double> scales(x.size(1), 0.0);
  EXPECT_THAT(message({.labels = labels, .penalty_scales = scales}), HasSubstr("scale"));
}

TEST_F(Refusal, LengthsThatDiffer) {
  const std::vector<std::int32_t> few(labels.begin(), labels.end() - 1);
  EXPECT_THROW(fit_logistic(matrix(x), {.labels = few}), ShapeError);
  const std::vector<float> weights(3, 1.0f);
  EXPECT_THROW(fit_logistic(matrix(x), {.labels = labels, .row_weights = weights}), ShapeError);
  const std::vector<double> scales(2, 1.0);
  EXPECT_THROW(fit_logistic(matrix(x), {.labels = labels, .penalty_scales = scales}), ShapeError);
}

TEST_F(Refusal, AStartOfAnotherModel) {
  LinearClassifier start = fit_logistic(matrix(x), {.labels = labels}).classifier;
  start.classes[1] = 8;
  EXPECT_THAT(message({.labels = labels, .start = &start}), HasSubstr("other labels"));
  start.n_columns = 2;
  EXPECT_THROW(fit_logistic(matrix(x), {.labels = labels, .start = &start}), ShapeError);
}

TEST_F(Refusal, Cancellation) {
  request_cancellation();
  EXPECT_THROW(fit_logistic(matrix(x), {.labels = labels}), CancelledError);
  clear_cancellation();
  EXPECT_NO_THROW(fit_logistic(matrix(x), {.labels = labels}));
}

}  // namespace
}  // namespace headlens
