#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/probing/probe_learner.h"
#include "headlens/probing/probe_target.h"
#include "headlens/results/probe_result.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

struct ProbedLayer {
  std::string site = {};
  std::optional<int> hidden_state = {};
};

/// Where a study reads states, one layer at a time: [rows, width] each time.
struct ProbedStates {
  std::vector<ProbedLayer> layers = {};
  std::function<Tensor(std::size_t layer)> states = {};
  /// Hidden state 0, where it is not among the layers; empty: there is no such baseline.
  std::function<Tensor()> embeddings = {};
  /// The same layers of the random-weight model; empty: there is no such baseline.
  std::function<Tensor(std::size_t layer)> random_states = {};
};

struct ProbeStudyOptions {
  ProbeLearnerOptions learner = {};
  bool control = true;
  int seeds = 1;           ///< seed, seed + 1, ...
  std::uint64_t seed = 0;  ///< of control tasks, of probes by Adam, of intervals and tests
  double confidence = 0.95;
  int resamples = 2000;
  int flips = 20000;
  /// Where each layer's outcome is kept as it is known; empty: nowhere.
  std::filesystem::path log = {};
  nlohmann::ordered_json work = {};  ///< what the outcomes depend on
  ProgressCallback progress = {};
  /// The training loss of probes by Adam: of the task, the first seed and the first round.
  std::function<void(const ProbedLayer& layer, int epoch, double loss_nats)> on_loss = {};
};

/// Probes every layer for a task and its control task, with baselines on the same rounds, intervals
/// over groups of test examples, and tests of which layers are as good as the best. What is not
/// known here (provenance, data, unit, pooling, kind of evaluation) is left to the caller.
/// @throws UsageError  if there is no layer, a round lacks rows, or as learn_probes(); a layer is
///                     named
ProbeResult study_probe(const ProbeTask& task, const std::vector<ProbeRound>& rounds,
                        const ProbedStates& states, const ProbeStudyOptions& options);

}  // namespace headlens
