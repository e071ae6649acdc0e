#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/learn/adam_probe.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/probing/probe_target.h"
#include "headlens/tensor/view.h"

namespace headlens {

enum class ProbeKind : std::uint8_t {
  logistic,     ///< logistic regression at its optimum
  linear_adam,  ///< a linear layer by Adam
  mlp,          ///< one hidden layer by Adam
  low_rank,     ///< a linear layer of few directions by Adam
  knn,          ///< the labels of the nearest training rows: no parameters
  ridge,        ///< ridge regression, of real values
};

std::string to_string(ProbeKind kind);
/// Names of all kinds, as parse_probe_kind() takes them.
std::vector<std::string> probe_kind_names();
std::optional<ProbeKind> parse_probe_kind(std::string_view name);
/// Whether Adam trains it: from weights drawn at random, in random batches.
bool trains_by_adam(ProbeKind kind);

struct ProbeLearnerOptions {
  ProbeKind kind = ProbeKind::logistic;
  bool standardize = false;  ///< columns, by the training rows of each round
  bool balanced = false;     ///< class weights as scikit-learn's "balanced"; of logistic
  double c = 1;
  /// Instead of c: chosen for each round and target by accuracy on the validation rows, or, where
  /// there are none, on inner folds of the training rows.
  std::vector<double> c_grid = {};
  int inner_folds = 3;
  double alpha = 1;   ///< of ridge
  int rank = 10;      ///< of low-rank: directions of the states that it may read
  int neighbors = 5;  ///< of knn
  LogisticOptions logistic = {};
  /// Of probes by Adam; seed and reports are given with each target, and the kind decides over
  /// the hidden layer (adam_options()).
  AdamProbeOptions adam = {.hidden = 256};
  /// Stop when the loss on the validation rows has not fallen for so many epochs, and take the best
  /// epoch's weights; 0: all epochs.
  int patience = 0;
};

/// How Adam trains a kind's probe. @pre trains_by_adam(options.kind)
AdamProbeOptions adam_options(const ProbeLearnerOptions& options);

/// @throws UsageError  if the options do not fit each other or the target
void check_learner(const ProbeLearnerOptions& options, const ProbeTarget& target,
                   std::span<const ProbeRound> rounds);

/// What one training says of its test rows.
struct ProbeAnswer {
  std::vector<double> predicted;  ///< labels or values, in the order of the round's test rows
  bool converged = true;
  std::int64_t iterations = 0;   ///< epochs of Adam
  std::optional<double> c = {};  ///< chosen from a grid
};

/// Called as the first target's first round is trained by Adam.
using ProbeLossCallback = std::function<void(int epoch, double loss_nats)>;

/// Trains every target in every round on the same states; logistic fits share each pass over them.
/// @param states  [rows, width] @return  [target][round]
/// @throws UsageError  as fit_logistic(), train_adam_probe(), fit_ridge()
std::vector<std::vector<ProbeAnswer>> learn_probes(TensorView<const float, 2> states,
                                                   std::span<const ProbeTarget> targets,
                                                   std::span<const ProbeRound> rounds,
                                                   const ProbeLearnerOptions& options,
                                                   const ProbeLossCallback& on_loss = {});

}  // namespace headlens
