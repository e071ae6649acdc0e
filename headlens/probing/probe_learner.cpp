#include "headlens/probing/probe_learner.h"

#include <algorithm>
#include <array>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/learn/nearest_neighbors.h"
#include "headlens/learn/ridge_regression.h"
#include "headlens/learn/standardizer.h"
#include "headlens/probing/logistic_choice.h"

namespace headlens {
namespace {

using States = TensorView<const float, 2>;
using Targets = std::span<const ProbeTarget>;
using Rounds = std::span<const ProbeRound>;
using Answers = std::vector<std::vector<ProbeAnswer>>;
using Labels = std::vector<std::int32_t>;

constexpr std::array<std::string_view, 6> kKinds = {"logistic", "linear-adam", "mlp",
                                                    "low-rank", "knn",         "ridge"};

ProbeAnswer answer_of(const LogisticFit& fit, States test) {
  const Labels predicted = fit.classifier.predict(test);
  return {.predicted = {predicted.begin(), predicted.end()},
          .converged = fit.converged,
          .iterations = fit.iterations};
}

/// The training rows of each round as weights of all rows, and what is standardised by them.
struct WeightedRound {
  std::vector<float> weights;
  std::vector<double> deviations;
};

std::vector<WeightedRound> weighted_rounds(States states, Rounds rounds, bool standardize) {
  std::vector<WeightedRound> weighted(rounds.size());
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    weighted[r].weights.resize(states.size(0));
    for (const std::int64_t row : rounds[r].train) weighted[r].weights[row] = 1;
    if (standardize) {
      weighted[r].deviations = Standardizer::fit(states, weighted[r].weights).deviation;
    }
  }
  return weighted;
}

/// Every target and round at once: rounds are weights of the same rows.
Answers fit_together(States states, Targets targets, Rounds rounds,
                     const ProbeLearnerOptions& options) {
  const std::vector<WeightedRound> weighted = weighted_rounds(states, rounds, options.standardize);
  std::vector<LogisticProblem> problems;
  for (const ProbeTarget& target : targets) {
    for (const WeightedRound& round : weighted) {
      problems.push_back({.labels = target.labels,
                          .row_weights = round.weights,
                          .class_weights = class_weights_of(options),
                          .c = options.c,
                          .penalty_scales = round.deviations});
    }
  }
  const std::vector<LogisticFit> fits = fit_logistic(states, problems, options.logistic);
  Answers answers(targets.size());
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    const Tensor test = gather_rows(states, rounds[r].test);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      answers[t].push_back(answer_of(fits[t * rounds.size() + r], test.view<2>()));
    }
  }
  return answers;
}

/// One round: rows that are not trained on are left aside, so that no pass goes over them.
Answers fit_one_round(States states, Targets targets, const ProbeRound& round,
                      const ProbeLearnerOptions& options) {
  const Tensor train = gather_rows(states, round.train);
  std::vector<ProbeTarget> own;
  for (const ProbeTarget& target : targets)
    own.push_back({.labels = labels_at(target, round.train)});
  std::vector<double> deviations;
  if (options.standardize) deviations = Standardizer::fit(train.view<2>()).deviation;
  std::vector<LogisticProblem> problems;
  for (const ProbeTarget& target : own) {
    problems.push_back({.labels = target.labels,
                        .class_weights = class_weights_of(options),
                        .c = options.c,
                        .penalty_scales = deviations});
  }
  const auto fits = fit_logistic(train.view<2>(), problems, options.logistic);
  const Tensor test = gather_rows(states, round.test);
  Answers answers(targets.size());
  for (std::size_t t = 0; t < fits.size(); ++t) {
    answers[t].push_back(answer_of(fits[t], test.view<2>()));
  }
  return answers;
}

ProbeAnswer fit_with_grid(States states, const ProbeTarget& target, const ProbeRound& round,
                          const ProbeLearnerOptions& options) {
  const ChosenFit chosen = fit_with_chosen_c(states, target, round, options);
  const Tensor test = gather_rows(states, round.test);
  ProbeAnswer answer = answer_of(chosen.fit, test.view<2>());
  answer.c = chosen.c;
  return answer;
}

Answers learn_logistic(States states, Targets targets, Rounds rounds,
                       const ProbeLearnerOptions& options) {
  if (options.c_grid.empty()) {
    return rounds.size() == 1 ? fit_one_round(states, targets, rounds[0], options)
                              : fit_together(states, targets, rounds, options);
  }
  Answers answers(targets.size());
  for (std::size_t t = 0; t < targets.size(); ++t) {
    for (const ProbeRound& round : rounds) {
      answers[t].push_back(fit_with_grid(states, targets[t], round, options));
    }
  }
  return answers;
}

States as_states(const Tensor& tensor) { return tensor.view<2>(); }

/// The rows of a round as Adam gets them.
struct RoundStates {
  Tensor train, validation, test;
};

RoundStates round_states(States states, const ProbeRound& round, bool standardize) {
  RoundStates parts{gather_rows(states, round.train), gather_rows(states, round.validation),
                    gather_rows(states, round.test)};
  if (!standardize) return parts;
  const Standardizer standardizer = Standardizer::fit(as_states(parts.train));
  for (Tensor* part : {&parts.train, &parts.validation, &parts.test}) {
    if (part->size(0) > 0) *part = standardizer.transform(as_states(*part));
  }
  return parts;
}

Answers learn_by_adam(States states, Targets targets, Rounds rounds,
                      const ProbeLearnerOptions& options, const ProbeLossCallback& on_loss) {
  Answers answers(targets.size(), std::vector<ProbeAnswer>(rounds.size()));
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    const RoundStates parts = round_states(states, rounds[r], options.standardize);
    parallel_for(std::ssize(targets), [&](std::ptrdiff_t t) {
      AdamProbeOptions adam = adam_options(options);
      adam.seed = targets[t].seed;
      adam.on_loss = t == 0 && r == 0 ? on_loss : ProbeLossCallback();
      const Labels truth = labels_at(targets[t], rounds[r].validation);
      if (options.patience > 0) {
        adam.early_stopping = {
            .states = parts.validation.view<2>(), .labels = truth, .patience = options.patience};
      }
      const AdamProbeFit fit =
          train_adam_probe(parts.train.view<2>(), labels_at(targets[t], rounds[r].train), adam);
      const Labels predicted = fit.probe.predict(parts.test.view<2>());
      answers[t][r] = {.predicted = {predicted.begin(), predicted.end()},
                       .iterations = std::ssize(fit.losses_nats)};
    });
  }
  return answers;
}

Answers learn_ridge(States states, Targets targets, Rounds rounds,
                    const ProbeLearnerOptions& options) {
  const auto n_targets = static_cast<std::int64_t>(targets.size());
  Answers answers(targets.size());
  for (const ProbeRound& round : rounds) {
    const Tensor train = gather_rows(states, round.train), test = gather_rows(states, round.test);
    Tensor y({train.size(0), n_targets});
    for (std::size_t i = 0; i < round.train.size(); ++i) {
      for (std::int64_t t = 0; t < n_targets; ++t) {
        y.data()[static_cast<std::int64_t>(i) * n_targets + t] =
            static_cast<float>(targets[t].values[round.train[i]]);
      }
    }
    Standardizer standardizer;
    RidgeOptions ridge{.alpha = options.alpha};
    if (options.standardize) {
      standardizer = Standardizer::fit(train.view<2>());
      ridge.penalty_scales = standardizer.deviation;
    }
    const std::vector<double> predicted =
        fit_ridge(train.view<2>(), as_states(y), ridge).predict(test.view<2>());
    for (std::int64_t t = 0; t < n_targets; ++t) {
      ProbeAnswer& answer = answers[t].emplace_back();
      for (std::size_t i = 0; i < round.test.size(); ++i) {
        answer.predicted.push_back(predicted[i * targets.size() + static_cast<std::size_t>(t)]);
      }
    }
  }
  return answers;
}

/// Targets share each round's neighbours.
Answers learn_by_neighbors(States states, Targets targets, Rounds rounds,
                           const ProbeLearnerOptions& options) {
  Answers answers(targets.size());
  for (const ProbeRound& round : rounds) {
    const RoundStates parts = round_states(states, round, options.standardize);
    const Neighbors neighbors =
        nearest_neighbors(as_states(parts.train), as_states(parts.test), {.k = options.neighbors});
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const Labels predicted = predict_by_neighbors(neighbors, labels_at(targets[t], round.train));
      answers[t].push_back({.predicted = {predicted.begin(), predicted.end()}});
    }
  }
  return answers;
}

}  // namespace

std::string to_string(ProbeKind kind) { return std::string(kKinds[static_cast<int>(kind)]); }

std::vector<std::string> probe_kind_names() { return {kKinds.begin(), kKinds.end()}; }

std::optional<ProbeKind> parse_probe_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<ProbeKind>(found - kKinds.begin());
}

bool trains_by_adam(ProbeKind kind) {
  return kind == ProbeKind::linear_adam || kind == ProbeKind::mlp || kind == ProbeKind::low_rank;
}

AdamProbeOptions adam_options(const ProbeLearnerOptions& options) {
  AdamProbeOptions adam = options.adam;
  if (options.kind == ProbeKind::linear_adam) adam.hidden = 0;
  if (options.kind == ProbeKind::low_rank) {
    const AdamProbeOptions constrained = rank_constrained(options.rank);
    adam.hidden = constrained.hidden;
    adam.rectified = constrained.rectified;
    adam.dropout = constrained.dropout;
  }
  return adam;
}

void check_learner(const ProbeLearnerOptions& options, const ProbeTarget& target,
                   std::span<const ProbeRound> rounds) {
  const bool ridge = options.kind == ProbeKind::ridge;
  if (target.is_real() && !ridge) {
    throw UsageError("the labels are real values: probe them with ridge, not " +
                     to_string(options.kind));
  }
  if (!target.is_real() && ridge) throw UsageError("ridge is for real values; these are classes");
  if (!options.c_grid.empty() && options.kind != ProbeKind::logistic) {
    throw UsageError("a grid over C is of the logistic probe");
  }
  if (options.balanced && options.kind != ProbeKind::logistic) {
    throw UsageError("class weights are of the logistic probe");
  }
  if (options.patience == 0) return;
  if (!trains_by_adam(options.kind)) throw UsageError("only probes by Adam stop early");
  if (std::ranges::any_of(rounds, [](const auto& round) { return round.validation.empty(); })) {
    throw UsageError("early stopping needs a validation part");
  }
}

Answers learn_probes(States states, Targets targets, Rounds rounds,
                     const ProbeLearnerOptions& options, const ProbeLossCallback& on_loss) {
  if (options.kind == ProbeKind::logistic) {
    return learn_logistic(states, targets, rounds, options);
  }
  if (options.kind == ProbeKind::ridge) return learn_ridge(states, targets, rounds, options);
  if (options.kind == ProbeKind::knn) return learn_by_neighbors(states, targets, rounds, options);
  return learn_by_adam(states, targets, rounds, options, on_loss);
}

}  // namespace headlens
