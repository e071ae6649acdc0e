#include "headlens/learn/logistic_regression.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/learn/logistic_solver.h"

namespace headlens {
namespace {

void check_length(std::string_view what, std::int64_t expected, std::size_t got) {
  if (static_cast<std::int64_t>(got) != expected) {
    throw ShapeError("logistic regression", std::to_string(expected) + " " + std::string(what),
                     std::to_string(got));
  }
}

void check(const LogisticOptions& options) {
  if (options.max_iterations < 1) throw UsageError("logistic regression needs an iteration");
  if (!(options.tolerance > 0)) throw UsageError("the tolerance of a fit must be above 0");
  if (options.memory < 1) throw UsageError("L-BFGS needs a memory of at least one pair");
}

void check(TensorView<const float, 2> x, const LogisticProblem& problem) {
  check_length("labels", x.size(0), problem.labels.size());
  if (!problem.row_weights.empty()) check_length("weights", x.size(0), problem.row_weights.size());
  for (const float weight : problem.row_weights) {
    if (!(weight >= 0) || !std::isfinite(weight)) {
      throw UsageError("a row's weight is " + std::to_string(weight) +
                       "; it must be finite and not negative");
    }
  }
  if (!(problem.c > 0) || !std::isfinite(problem.c)) {
    throw UsageError("C is " + std::to_string(problem.c) + "; it must be finite and above 0");
  }
  if (!problem.penalty_scales.empty()) {
    check_length("penalty scales", x.size(1), problem.penalty_scales.size());
  }
  for (const double scale : problem.penalty_scales) {
    if (!(scale > 0) || !std::isfinite(scale)) {
      throw UsageError("a penalty's scale is " + std::to_string(scale) +
                       "; it must be finite and above 0");
    }
  }
}

/// Weights of scores for the examples as ExampleMatrix holds them, and back: the intercept takes
/// up the columns' means.
class Coordinates {
 public:
  Coordinates(const ExampleMatrix& examples, const ClassCoordinates& classes)
      : examples_(examples), classes_(classes) {}

  std::vector<double> enter(const LinearClassifier& start) const {
    const std::int64_t n = examples_.n_columns(), width = classes_.n_columns;
    std::vector<double> v((n + 1) * width), scores(classes_.n_classes), intercepts(scores.size());
    const auto skipped = static_cast<std::int64_t>(scores.size()) - start.n_scores();
    std::ranges::copy(start.intercepts, intercepts.begin() + skipped);
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t c = 0; c < start.n_scores(); ++c) {
        const double weight = start.weights[c * n + j];
        scores[c + skipped] = weight * examples_.scale()[j];
        intercepts[c + skipped] += weight * examples_.mean()[j];
      }
      classes_.reduce(scores.data(), v.data() + j * width);
    }
    classes_.reduce(intercepts.data(), v.data() + n * width);
    return v;
  }

  void leave(const std::vector<double>& v, LinearClassifier& classifier) const {
    const std::int64_t n = examples_.n_columns(), width = classes_.n_columns;
    const std::int64_t n_scores = classes_.is_binary() ? 1 : classes_.n_classes;
    const std::int64_t skipped = classes_.n_classes - n_scores;
    classifier.n_columns = n;
    classifier.weights.resize(n_scores * n);
    std::vector<double> scores(classes_.n_classes);
    classes_.expand(v.data() + n * width, scores.data());
    classifier.intercepts.assign(scores.begin() + skipped, scores.end());
    for (std::int64_t j = 0; j < n; ++j) {
      classes_.expand(v.data() + j * width, scores.data());
      for (std::int64_t c = 0; c < n_scores; ++c) {
        const double weight = scores[c + skipped] / examples_.scale()[j];
        classifier.weights[c * n + j] = weight;
        classifier.intercepts[c] -= weight * examples_.mean()[j];
      }
    }
  }

 private:
  const ExampleMatrix& examples_;
  const ClassCoordinates& classes_;
};

void check_start(const ExampleMatrix& examples, const std::vector<std::int32_t>& classes,
                 const LinearClassifier& start) {
  if (start.n_columns != examples.n_columns()) {
    throw ShapeError("start of logistic regression",
                     std::to_string(examples.n_columns()) + " columns",
                     std::to_string(start.n_columns));
  }
  if (start.classes != classes) {
    throw UsageError("the model to start from has other labels than the examples");
  }
}

SolverProblem prepare(const ExampleMatrix& examples, const LogisticProblem& problem,
                      const std::vector<std::int32_t>& classes) {
  SolverProblem made{ClassCoordinates(static_cast<int>(classes.size())), {}, {}, {}, {}};
  const std::vector<double> by_class =
      class_weights(problem.class_weights, classes, problem.labels, problem.row_weights);
  const std::int64_t padded_rows = examples.n_blocks() * examples.block_rows();
  made.classes.assign(padded_rows, 0);
  made.weights.assign(padded_rows, 0.0f);
  for (std::size_t i = 0; i < problem.labels.size(); ++i) {
    const double weight = problem.row_weights.empty() ? 1.0 : problem.row_weights[i];
    if (weight == 0) continue;
    const auto place = std::ranges::lower_bound(classes, problem.labels[i]) - classes.begin();
    made.classes[i] = static_cast<std::int32_t>(place);
    made.weights[i] = static_cast<float>(problem.c * weight * by_class[place]);
  }
  made.penalty.assign(examples.n_features(), 0.0);
  for (std::int64_t j = 0; j < examples.n_columns(); ++j) {
    const double scale = problem.penalty_scales.empty() ? 1.0 : problem.penalty_scales[j];
    made.penalty[j] = std::pow(scale / examples.scale()[j], 2);
  }
  if (problem.start != nullptr) {
    check_start(examples, classes, *problem.start);
    made.start = Coordinates(examples, made.coordinates).enter(*problem.start);
  } else {
    made.start.assign(examples.n_features() * made.coordinates.n_columns, 0.0);
  }
  return made;
}

}  // namespace

std::vector<LogisticFit> fit_logistic(TensorView<const float, 2> x,
                                      std::span<const LogisticProblem> problems,
                                      const LogisticOptions& options) {
  check(options);
  std::vector<std::vector<std::int32_t>> classes;
  for (const LogisticProblem& problem : problems) {
    check(x, problem);
    classes.push_back(classes_to_tell_apart(problem.labels, problem.row_weights));
  }
  const ExampleMatrix examples(x);
  SharedPass::Problems solved;
  for (std::size_t p = 0; p < problems.size(); ++p) {
    solved.push_back(std::make_unique<SolvedProblem>(
        prepare(examples, problems[p], classes[p]),
        StoppingRule{options.max_iterations, options.tolerance, options.memory}, examples));
  }
  solve_logistic(examples, solved);
  std::vector<LogisticFit> fits(problems.size());
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const SolvedProblem& problem = *solved[p];
    fits[p].classifier.classes = classes[p];
    Coordinates(examples, problem.problem().coordinates)
        .leave(problem.solution(), fits[p].classifier);
    fits[p].loss = problem.loss();
    fits[p].iterations = problem.iterations();
    fits[p].converged = problem.converged();
    fits[p].remaining = problem.remaining();
  }
  return fits;
}

LogisticFit fit_logistic(TensorView<const float, 2> x, const LogisticProblem& problem,
                         const LogisticOptions& options) {
  return fit_logistic(x, std::span(&problem, 1), options)[0];
}

}  // namespace headlens
