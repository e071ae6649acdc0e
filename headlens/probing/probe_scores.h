#pragma once

#include <span>
#include <vector>

#include "headlens/probing/probe_target.h"

namespace headlens {

/// How wrong predictions are, so that a score is 1 - sum of loss / sum of scale, whatever groups
/// are summed over. Of classes: errors and examples, and the score is the accuracy. Of real values:
/// squared errors and squared distances from the mean of all test examples, and it is R2.
struct GroupLosses {
  std::vector<double> loss = {}, scale = {};  ///< [group]

  double score() const;
};

/// @param predicted  for each round its test rows, in their order
GroupLosses group_losses(const ProbeTask& task, const ProbeTarget& target,
                         const std::vector<ProbeRound>& rounds,
                         const std::vector<std::vector<double>>& predicted);

/// The score of each round alone, R2 with the mean of its own test examples; NaN for R2 of examples
/// that are all the same.
std::vector<double> round_scores(const ProbeTarget& target, const std::vector<ProbeRound>& rounds,
                                 const std::vector<std::vector<double>>& predicted);

}  // namespace headlens
