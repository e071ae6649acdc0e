#include "headlens/learn/c_grid.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/learn/standardizer.h"

namespace headlens {
namespace {

LogisticFit fit_all_rows(TensorView<const float, 2> x, LogisticProblem problem,
                         const CrossValidationOptions& options) {
  Standardizer standardizer;
  if (options.standardize) {
    standardizer = Standardizer::fit(x, problem.row_weights);
    problem.penalty_scales = standardizer.deviation;
  }
  return fit_logistic(x, problem, options.fit);
}

}  // namespace

CGridResult choose_c(TensorView<const float, 2> x, const LogisticProblem& problem,
                     const Folds& folds, std::vector<double> c,
                     const CrossValidationOptions& options) {
  if (c.empty()) throw UsageError("a grid needs at least one C");
  std::ranges::sort(c);
  CGridResult result;
  result.c = std::move(c);
  std::vector<CrossValidation> before;
  for (const double value : result.c) {
    LogisticProblem with_c = problem;
    with_c.c = value;
    before = cross_validate(x, std::span(&with_c, 1), folds, options, before);
    result.accuracies.push_back(before[0].accuracies);
    result.means.push_back(before[0].mean);
  }
  LogisticProblem best = problem;
  best.c = result.c[std::ranges::max_element(result.means) - result.means.begin()];
  result.best_c = best.c;
  result.fit = fit_all_rows(x, best, options);
  return result;
}

}  // namespace headlens
