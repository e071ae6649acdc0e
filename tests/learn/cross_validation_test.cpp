#include "headlens/learn/cross_validation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/learn/classification_metrics.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct Task {
  explicit Task(const std::string& name)
      : golden(learn_golden()["logistic"][name]),
        x(learn_array(name)),
        labels(golden["labels"].get<std::vector<std::int32_t>>()) {}

  CrossValidation run(bool standardize) const {
    const LogisticProblem problem{.labels = labels};
    return cross_validate(matrix(x), std::span(&problem, 1), stratified_folds(labels, 3),
                          {.fit = {.tolerance = 1e-9}, .standardize = standardize})[0];
  }

  const nlohmann::json& golden;
  Tensor x;
  std::vector<std::int32_t> labels;
};

TEST(CrossValidation, ScoresAreScikitLearns) {
  for (const char* name : {"overlapping", "hostile"}) {
    const Task task(name);
    const CrossValidation raw = task.run(false);
    expect_near_all(raw.accuracies, task.golden["cross_validation"], 1e-9);
    expect_near_all(task.run(true).accuracies, task.golden["standardized_cross_validation"], 1e-9);
    const double mean = std::accumulate(raw.accuracies.begin(), raw.accuracies.end(), 0.0) / 3;
    EXPECT_NEAR(raw.mean, mean, 1e-12);
    double squares = 0;
    for (const double accuracy : raw.accuracies) squares += std::pow(accuracy - mean, 2);
    EXPECT_NEAR(raw.standard_deviation, std::sqrt(squares / 3), 1e-12);
  }
}

TEST(CrossValidation, PredictsEachRowByTheModelThatHasNotSeenIt) {
  const Task task("overlapping");
  const Folds folds = stratified_folds(task.labels, 3);
  const CrossValidation found = task.run(false);
  for (int fold = 0; fold < 3; ++fold) {
    std::vector<std::int32_t> truth, predicted;
    const auto all = found.fits[fold].classifier.predict(matrix(task.x));
    for (const std::int64_t row : folds.test_rows(fold)) {
      truth.push_back(task.labels[row]);
      predicted.push_back(found.predicted[row]);
      EXPECT_EQ(found.predicted[row], all[row]);
    }
    EXPECT_DOUBLE_EQ(accuracy(truth, predicted), found.accuracies[fold]);
  }
}

TEST(CrossValidation, RefusesAFoldThatLeavesOneClass) {
  const Task task("overlapping");
  std::vector<std::int32_t> labels(task.labels.size(), 1);
  labels[0] = 2;
  const LogisticProblem problem{.labels = labels};
  EXPECT_THROW(cross_validate(matrix(task.x), std::span(&problem, 1), stratified_folds(labels, 3)),
               UsageError);
  EXPECT_THROW(cross_validate(matrix(task.x), std::span(&problem, 1), consecutive_folds(9, 3)),
               ShapeError);
}

}  // namespace
}  // namespace headlens
