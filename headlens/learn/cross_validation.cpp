#include "headlens/learn/cross_validation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/learn/standardizer.h"

namespace headlens {
namespace {

/// What one fold's problems borrow.
struct TrainingPart {
  std::vector<float> weights;
  std::vector<double> deviations;
};

TrainingPart training_part(TensorView<const float, 2> x, const Folds& folds, int fold,
                           bool standardize) {
  TrainingPart part{folds.training_weights(fold), {}};
  if (standardize) part.deviations = Standardizer::fit(x, part.weights).deviation;
  return part;
}

std::vector<float> product(std::span<const float> given, const std::vector<float>& training) {
  std::vector<float> weights(training);
  for (std::size_t i = 0; i < given.size(); ++i) weights[i] *= given[i];
  return weights;
}

/// Tests a fold's model on the fold's rows.
void test_fold(TensorView<const float, 2> x, const LogisticProblem& problem, const Folds& folds,
               int fold, const LinearClassifier& classifier, CrossValidation& result) {
  std::int64_t right = 0, rows = 0;
  for (const std::int64_t row : folds.test_rows(fold)) {
    const TensorView<const float, 2> one(x.data() + row * x.stride(0), {1, x.size(1)});
    result.predicted[row] = classifier.predict(one)[0];
    if (!problem.row_weights.empty() && problem.row_weights[row] == 0) continue;
    right += result.predicted[row] == problem.labels[row] ? 1 : 0;
    ++rows;
  }
  result.accuracies.push_back(static_cast<double>(right) / static_cast<double>(rows));
}

void summarize(CrossValidation& result) {
  const auto n = static_cast<double>(result.accuracies.size());
  for (const double accuracy : result.accuracies) result.mean += accuracy / n;
  double squares = 0;
  for (const double accuracy : result.accuracies) squares += std::pow(accuracy - result.mean, 2);
  result.standard_deviation = std::sqrt(squares / n);
}

}  // namespace

std::vector<CrossValidation> cross_validate(TensorView<const float, 2> x,
                                            std::span<const LogisticProblem> problems,
                                            const Folds& folds,
                                            const CrossValidationOptions& options,
                                            std::span<const CrossValidation> starts) {
  if (static_cast<std::int64_t>(folds.test_fold.size()) != x.size(0)) {
    throw ShapeError("cross-validation", std::to_string(x.size(0)) + " rows in folds",
                     std::to_string(folds.test_fold.size()));
  }
  std::vector<TrainingPart> parts;
  for (int fold = 0; fold < folds.n_folds; ++fold) {
    parts.push_back(training_part(x, folds, fold, options.standardize));
  }
  std::vector<std::vector<float>> weights;
  std::vector<LogisticProblem> all;
  weights.reserve(problems.size() * folds.n_folds);
  for (std::size_t p = 0; p < problems.size(); ++p) {
    for (int fold = 0; fold < folds.n_folds; ++fold) {
      weights.push_back(product(problems[p].row_weights, parts[fold].weights));
      LogisticProblem problem = problems[p];
      problem.row_weights = weights.back();
      if (options.standardize) problem.penalty_scales = parts[fold].deviations;
      if (!starts.empty()) problem.start = &starts[p].fits[fold].classifier;
      all.push_back(std::move(problem));
    }
  }
  std::vector<LogisticFit> fits = fit_logistic(x, all, options.fit);
  std::vector<CrossValidation> results(problems.size());
  for (std::size_t p = 0; p < problems.size(); ++p) {
    results[p].predicted.resize(x.size(0));
    for (int fold = 0; fold < folds.n_folds; ++fold) {
      results[p].fits.push_back(std::move(fits[p * folds.n_folds + fold]));
      test_fold(x, problems[p], folds, fold, results[p].fits.back().classifier, results[p]);
    }
    summarize(results[p]);
  }
  return results;
}

}  // namespace headlens
