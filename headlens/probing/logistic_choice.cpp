#include "headlens/probing/logistic_choice.h"

#include <algorithm>

#include "headlens/learn/c_grid.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/standardizer.h"

namespace headlens {
namespace {

using States = TensorView<const float, 2>;
using Labels = std::vector<std::int32_t>;

ChosenFit choose_by_validation(States train, LogisticProblem problem, States validation,
                               const Labels& truth, const ProbeLearnerOptions& options) {
  std::vector<double> grid = options.c_grid;
  std::ranges::sort(grid);
  ChosenFit best;
  double most = -1;
  LinearClassifier before;
  for (const double c : grid) {
    problem.c = c;
    problem.start = before.classes.empty() ? nullptr : &before;
    LogisticFit fit = fit_logistic(train, problem, options.logistic);
    const double right = accuracy(truth, fit.classifier.predict(validation));
    before = fit.classifier;
    if (right > most) {
      most = right;
      best = {std::move(fit), c};
    }
  }
  return best;
}

}  // namespace

Labels labels_at(const ProbeTarget& target, std::span<const std::int64_t> rows) {
  Labels labels;
  for (const std::int64_t row : rows) labels.push_back(target.labels[row]);
  return labels;
}

ClassWeights class_weights_of(const ProbeLearnerOptions& options) {
  if (options.balanced) return BalancedClasses{};
  return EqualClasses{};
}

ChosenFit fit_with_chosen_c(States states, const ProbeTarget& target, const ProbeRound& round,
                            const ProbeLearnerOptions& options) {
  const Tensor train = gather_rows(states, round.train);
  const Labels labels = labels_at(target, round.train);
  LogisticProblem problem{
      .labels = labels, .class_weights = class_weights_of(options), .c = options.c};
  if (!options.c_grid.empty() && round.validation.empty()) {
    CGridResult chosen =
        choose_c(train.view<2>(), problem, stratified_folds(labels, options.inner_folds),
                 options.c_grid, {.fit = options.logistic, .standardize = options.standardize});
    return {std::move(chosen.fit), chosen.best_c};
  }
  Standardizer standardizer;
  if (options.standardize) {
    standardizer = Standardizer::fit(train.view<2>());
    problem.penalty_scales = standardizer.deviation;
  }
  if (options.c_grid.empty()) {
    return {fit_logistic(train.view<2>(), problem, options.logistic), options.c};
  }
  const Tensor validation = gather_rows(states, round.validation);
  return choose_by_validation(train.view<2>(), problem, validation.view<2>(),
                              labels_at(target, round.validation), options);
}

}  // namespace headlens
