#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headlens/probing/probe_learner.h"
#include "headlens/probing/probe_scores.h"

namespace headlens {

/// What training and testing on one layer's states gave, before layers are compared.
struct LayerOutcome {
  bool converged = true;
  std::int64_t iterations = 0;
  double fit_seconds = 0;
  std::vector<double> c = {};               ///< chosen for the task, by round
  std::vector<double> task_rounds = {};     ///< scores [seed, round]
  std::vector<double> control_rounds = {};  ///< the same of the control task; may be empty
  std::vector<double> predicted =
      {};  ///< of the first seed: the rounds' test rows, one after another
  GroupLosses task = {}, control = {};  ///< means over seeds

  /// One list of numbers, for logs, and back.
  std::vector<double> to_numbers() const;
  /// @throws FormatError  naming `place`, if the numbers are no outcome
  static LayerOutcome from_numbers(std::span<const double> numbers, const std::string& place);
};

/// Trains on a task and its control tasks.
class LayerTrainer {
 public:
  /// @param seeds  draw the control task, and what a probe by Adam draws; a probe that draws
  ///     nothing is trained once on the task
  /// @throws UsageError  as check_learner(); if a round trains on one class only
  LayerTrainer(const ProbeTask& task, const std::vector<ProbeRound>& rounds,
               const ProbeLearnerOptions& options, std::span<const std::uint64_t> seeds,
               bool has_control);

  LayerOutcome train(TensorView<const float, 2> states,
                     const ProbeLossCallback& on_loss = {}) const;

  /// The same without the control task.
  LayerTrainer without_control() const;

 private:
  void refuse_one_class() const;

  const ProbeTask& task_;
  const std::vector<ProbeRound>& rounds_;
  const ProbeLearnerOptions& options_;
  std::vector<ProbeTarget> targets_;  ///< of the task, then of the control
  std::size_t n_task_ = 0;
};

}  // namespace headlens
