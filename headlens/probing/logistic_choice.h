#pragma once

#include <span>
#include <vector>

#include "headlens/probing/probe_learner.h"

namespace headlens {

struct ChosenFit {
  LogisticFit fit;
  double c = 0;
};

/// Trains the logistic probe on a round's training rows with the C of the grid that is most
/// accurate on its validation rows or, where there are none, on stratified inner folds of the
/// training rows; of equal ones the smallest. Without a grid, with the C that was given.
/// @throws UsageError  as fit_logistic() and stratified_folds()
ChosenFit fit_with_chosen_c(TensorView<const float, 2> states, const ProbeTarget& target,
                            const ProbeRound& round, const ProbeLearnerOptions& options);

std::vector<std::int32_t> labels_at(const ProbeTarget& target, std::span<const std::int64_t> rows);
ClassWeights class_weights_of(const ProbeLearnerOptions& options);

}  // namespace headlens
