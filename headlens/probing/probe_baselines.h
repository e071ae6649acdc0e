#pragma once

#include <vector>

#include "headlens/probing/probe_target.h"

namespace headlens {

/// What is predicted without any state, for each round's test rows in their order.
using BaselinePredictions = std::vector<std::vector<double>>;

/// The commonest label of the training rows, of equal ones the first class; of real values their
/// mean.
BaselinePredictions majority_baseline(const ProbeTask& task, const std::vector<ProbeRound>& rounds);

/// The commonest label that the row's type has in training, of equal ones the first class; for
/// types that training lacks as majority_baseline(). Of real values means.
BaselinePredictions word_type_baseline(const ProbeTask& task,
                                       const std::vector<ProbeRound>& rounds);

}  // namespace headlens
