#include "headlens/probing/probe_study.h"

#include <algorithm>
#include <limits>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/interventions/step_log.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/probing/layer_comparison.h"
#include "headlens/probing/layer_outcome.h"
#include "headlens/probing/probe_baselines.h"
#include "headlens/probing/probe_description.h"
#include "headlens/statistics/pearson.h"
#include "headlens/statistics/rank_correlation.h"

namespace headlens {
namespace {

void set_interval(ProbeScore& score, const Interval& interval) {
  score.low = interval.low;
  score.high = interval.high;
}

/// What every stage of a study reads.
class ProbeStudy {
 public:
  ProbeStudy(const ProbeTask& task, const std::vector<ProbeRound>& rounds,
             const ProbedStates& states, const ProbeStudyOptions& options)
      : task_(task),
        rounds_(rounds),
        states_(states),
        options_(options),
        seeds_(seeds_of(options)),
        trainer_(task, rounds, options.learner, seeds_, options.control),
        log_(options.log, options.work) {
    for (const ProbeRound& round : rounds) {
      for (const std::int64_t row : round.test) tested_.push_back(row);
    }
  }

  ProbeResult run() {
    train_layers();
    train_baselines();
    describe();
    compare_layers();
    compare_baselines();
    describe_best();
    return std::move(result_);
  }

 private:
  static std::vector<std::uint64_t> seeds_of(const ProbeStudyOptions& options) {
    if (options.seeds < 1) throw UsageError("a probe needs one seed at least");
    std::vector<std::uint64_t> seeds;
    for (int i = 0; i < options.seeds; ++i) seeds.push_back(options.seed + i);
    return seeds;
  }

  std::size_t n_steps() const {
    const std::size_t n = states_.layers.size();
    return n + (states_.embeddings ? 1 : 0) + (states_.random_states ? n : 0);
  }

  LayerOutcome outcome_of(const LayerTrainer& trainer, const std::string& name,
                          const std::function<Tensor()>& states,
                          const ProbeLossCallback& on_loss = {}) {
    if (options_.progress) options_.progress({"probing", steps_, n_steps(), "layers"});
    ++steps_;
    const std::vector<double> numbers = log_.step([&] {
      try {
        const Tensor own = states();
        return trainer.train(own.view<2>(), on_loss).to_numbers();
      } catch (const UsageError& error) {
        throw UsageError(name + ": " + error.what());
      }
    });
    return LayerOutcome::from_numbers(numbers, options_.log.string());
  }

  void train_layers() {
    for (std::size_t i = 0; i < states_.layers.size(); ++i) {
      const ProbedLayer& layer = states_.layers[i];
      ProbeLossCallback on_loss;
      if (options_.on_loss) {
        on_loss = [&](int epoch, double loss) { options_.on_loss(layer, epoch, loss); };
      }
      outcomes_.push_back(outcome_of(
          trainer_, layer.site, [&] { return states_.states(i); }, on_loss));
      const LayerOutcome& outcome = outcomes_.back();
      ProbeLayer& told = result_.layers.emplace_back();
      told.site = layer.site;
      told.hidden_state = layer.hidden_state;
      told.score = score_of(outcome.task_rounds);
      if (options_.control) told.control = score_of(outcome.control_rounds);
      told.selectivity = told.control ? told.score.mean - told.control->mean
                                      : std::numeric_limits<double>::quiet_NaN();
      told.meaningful = told.selectivity > ProbeResult::kMeaningfulSelectivity;
      told.converged = outcome.converged;
      told.iterations = outcome.iterations;
      told.c = outcome.c;
      told.fit_seconds = outcome.fit_seconds;
      add_details(told, outcome);
    }
    const auto best = std::ranges::max_element(
        result_.layers, {}, [](const ProbeLayer& layer) { return layer.score.mean; });
    result_.best = static_cast<std::size_t>(best - result_.layers.begin());
  }

  void add_details(ProbeLayer& layer, const LayerOutcome& outcome) const {
    std::vector<double> truth;
    for (const std::int64_t row : tested_) truth.push_back(task_.target.number(row));
    if (task_.target.is_real()) {
      layer.pearson = pearson(truth, outcome.predicted);
      layer.spearman = spearman(truth, outcome.predicted);
    } else {
      layer.macro_f1 = metrics_of(outcome).macro_f1;
    }
  }

  ClassificationMetrics metrics_of(const LayerOutcome& outcome) const {
    std::vector<std::int32_t> truth, predicted;
    for (const std::int64_t row : tested_) truth.push_back(task_.target.labels[row]);
    for (const double label : outcome.predicted) {
      predicted.push_back(static_cast<std::int32_t>(label));
    }
    return classification_metrics(truth, predicted);
  }

  void add_baseline(std::string name, std::string about, const std::vector<double>& rounds,
                    const GroupLosses& losses) {
    result_.baselines.push_back(
        {.name = std::move(name), .about = std::move(about), .score = score_of(rounds)});
    baseline_losses_.push_back(losses);
  }

  void add_baseline(std::string name, const BaselinePredictions& predicted) {
    add_baseline(std::move(name), "", round_scores(task_.target, rounds_, predicted),
                 group_losses(task_, task_.target, rounds_, predicted));
  }

  void train_baselines() {
    add_baseline("majority", majority_baseline(task_, rounds_));
    const bool types_recur =
        std::set(task_.types.begin(), task_.types.end()).size() < task_.types.size();
    if (types_recur) add_baseline("word type", word_type_baseline(task_, rounds_));
    add_embeddings();
    if (states_.random_states) add_random_model();
  }

  void add_embeddings() {
    const auto own =
        std::ranges::find(states_.layers, std::optional<int>(0), &ProbedLayer::hidden_state);
    if (own != states_.layers.end()) {
      const LayerOutcome& outcome = outcomes_[own - states_.layers.begin()];
      add_baseline("embeddings", "hidden state 0", outcome.task_rounds, outcome.task);
    } else if (states_.embeddings) {
      const LayerOutcome outcome =
          outcome_of(trainer_.without_control(), "embeddings", states_.embeddings);
      add_baseline("embeddings", "hidden state 0", outcome.task_rounds, outcome.task);
    }
  }

  /// The best of its layers is the baseline.
  void add_random_model() {
    const LayerTrainer trainer = trainer_.without_control();
    std::vector<LayerOutcome> outcomes;
    for (std::size_t i = 0; i < states_.layers.size(); ++i) {
      outcomes.push_back(outcome_of(trainer, states_.layers[i].site + " of random weights",
                                    [&] { return states_.random_states(i); }));
      result_.random_layers.push_back(score_of(outcomes.back().task_rounds));
    }
    const auto best = std::ranges::max_element(result_.random_layers, {}, &ProbeScore::mean);
    const auto index = best - result_.random_layers.begin();
    add_baseline("random weights", layer_name(result_.layers[index]), outcomes[index].task_rounds,
                 outcomes[index].task);
    for (std::size_t i = 0; i < outcomes.size(); ++i) random_losses_.push_back(outcomes[i].task);
  }

  void describe() {
    result_.classes = task_.classes;
    result_.rows = task_.rows();
    result_.word_types = std::ssize(std::set(task_.types.begin(), task_.types.end()));
    result_.sentences = std::ssize(std::set(task_.groups.begin(), task_.groups.end()));
    result_.method = method_of(options_.learner, task_.target);
    result_.confidence = options_.confidence;
    result_.resamples = options_.resamples;
    result_.flips = options_.flips;
    ProbeEvaluation& evaluation = result_.evaluation;
    evaluation.seeds = options_.seeds;
    evaluation.folds = rounds_.size() > 1 ? static_cast<int>(rounds_.size()) : 0;
    evaluation.train_rows = std::ssize(rounds_[0].train);
    evaluation.validation_rows = std::ssize(rounds_[0].validation);
    evaluation.test_rows = std::ssize(tested_);
    evaluation.test_groups = std::ssize(tested_groups(outcomes_[0].task));
  }

  std::vector<GroupLosses> losses_of(GroupLosses LayerOutcome::*part) const {
    std::vector<GroupLosses> losses;
    for (const LayerOutcome& outcome : outcomes_) losses.push_back(outcome.*part);
    return losses;
  }

  BootstrapOptions bootstrap() const {
    return {
        .resamples = options_.resamples, .confidence = options_.confidence, .seed = options_.seed};
  }

  void compare_layers() {
    const std::vector<GroupLosses> losses = losses_of(&LayerOutcome::task);
    const PairedTests best =
        compare_losses(losses[result_.best], losses, static_cast<std::int64_t>(result_.best),
                       options_.flips, options_.seed);
    const PairedTests majority =
        compare_losses(baseline_losses_[0], losses, -1, options_.flips, options_.seed);
    const ScoreIntervals intervals = score_intervals(
        losses, options_.control ? losses_of(&LayerOutcome::control) : std::vector<GroupLosses>(),
        bootstrap());
    for (std::size_t i = 0; i < losses.size(); ++i) {
      ProbeLayer& layer = result_.layers[i];
      layer.p_best = best.p[i];
      layer.p_best_holm = best.p_holm[i];
      layer.p_majority_holm = majority.p_holm[i];
      set_interval(layer.score, intervals.score[i]);
      if (!layer.control) continue;
      layer.selectivity_low = intervals.selectivity[i].low;
      layer.selectivity_high = intervals.selectivity[i].high;
    }
    if (!options_.control) return;
    const ScoreIntervals control =
        score_intervals(losses_of(&LayerOutcome::control), {}, bootstrap());
    for (std::size_t i = 0; i < losses.size(); ++i) {
      set_interval(*result_.layers[i].control, control.score[i]);
    }
  }

  void compare_baselines() {
    const GroupLosses& best = outcomes_[result_.best].task;
    // The embeddings may be the best layer themselves.
    const PairedTests tests =
        compare_losses(best, baseline_losses_, -1, options_.flips, options_.seed);
    const ScoreIntervals intervals = score_intervals(baseline_losses_, {}, bootstrap());
    for (std::size_t i = 0; i < baseline_losses_.size(); ++i) {
      ProbeBaseline& baseline = result_.baselines[i];
      baseline.p = tests.p[i];
      baseline.p_holm = tests.p_holm[i];
      set_interval(baseline.score, intervals.score[i]);
    }
    if (random_losses_.empty()) return;
    const ScoreIntervals random = score_intervals(random_losses_, {}, bootstrap());
    for (std::size_t i = 0; i < random_losses_.size(); ++i) {
      set_interval(result_.random_layers[i], random.score[i]);
    }
  }

  void describe_best() {
    if (task_.target.is_real()) return;
    describe_classes(metrics_of(outcomes_[result_.best]), task_.classes, result_);
  }

  const ProbeTask& task_;
  const std::vector<ProbeRound>& rounds_;
  const ProbedStates& states_;
  const ProbeStudyOptions& options_;
  std::vector<std::uint64_t> seeds_;
  LayerTrainer trainer_;
  StepLog log_;
  std::vector<std::int64_t> tested_;
  std::size_t steps_ = 0;
  std::vector<LayerOutcome> outcomes_;
  std::vector<GroupLosses> baseline_losses_, random_losses_;
  ProbeResult result_;
};

}  // namespace

ProbeResult study_probe(const ProbeTask& task, const std::vector<ProbeRound>& rounds,
                        const ProbedStates& states, const ProbeStudyOptions& options) {
  if (states.layers.empty()) throw UsageError("there is no layer to probe");
  if (rounds.empty()) throw UsageError("there is nothing to train and test on");
  for (const ProbeRound& round : rounds) {
    if (round.train.empty() || round.test.empty()) {
      throw UsageError("a training or test part has no row");
    }
  }
  return ProbeStudy(task, rounds, states, options).run();
}

}  // namespace headlens
