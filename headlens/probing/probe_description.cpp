#include "headlens/probing/probe_description.h"

#include <cmath>

namespace headlens {

ProbeScore score_of(const std::vector<double>& rounds) {
  ProbeScore score{.rounds = rounds};
  const auto n = static_cast<double>(rounds.size());
  for (const double one : rounds) score.mean += one / n;
  double squares = 0;
  for (const double one : rounds) squares += std::pow(one - score.mean, 2);
  score.standard_deviation = std::sqrt(squares / n);
  return score;
}

ProbeMethod method_of(const ProbeLearnerOptions& options, const ProbeTarget& target) {
  ProbeMethod method{.kind = to_string(options.kind),
                     .metric = target.is_real() ? "r2" : "accuracy",
                     .standardized = options.standardize,
                     .class_weights = options.balanced ? "balanced" : "equal",
                     .c = options.c,
                     .c_grid = options.c_grid,
                     .alpha = options.alpha,
                     .neighbors = options.neighbors};
  if (!trains_by_adam(options.kind)) return method;
  const AdamProbeOptions adam = adam_options(options);
  method.hidden = adam.hidden;
  method.dropout = adam.hidden > 0 ? adam.dropout : 0;
  method.epochs = adam.epochs;
  method.batch_size = adam.batch_size;
  method.patience = options.patience;
  method.learning_rate = adam.adam.learning_rate;
  return method;
}

void describe_classes(const ClassificationMetrics& metrics, const std::vector<std::string>& classes,
                      ProbeResult& result) {
  const std::size_t n = classes.size(), seen = metrics.classes.size();
  for (const std::string& name : classes) result.best_classes.push_back({.name = name});
  result.confusion.assign(n * n, 0);
  for (std::size_t i = 0; i < seen; ++i) {
    const ClassMetrics& own = metrics.classes[i];
    ProbeClass& told = result.best_classes[own.label];
    told.precision = own.precision;
    told.recall = own.recall;
    told.f1 = own.f1;
    told.support = own.support;
    for (std::size_t j = 0; j < seen; ++j) {
      result.confusion[own.label * n + metrics.classes[j].label] = metrics.confusion[i * seen + j];
    }
  }
}

}  // namespace headlens
