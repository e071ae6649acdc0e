#pragma once

#include <string>
#include <vector>

#include "headlens/learn/classification_metrics.h"
#include "headlens/probing/probe_learner.h"
#include "headlens/results/probe_result.h"

namespace headlens {

/// Mean and standard deviation over rounds; the interval is left to the caller.
ProbeScore score_of(const std::vector<double>& rounds);

/// What was trained, as results say it.
ProbeMethod method_of(const ProbeLearnerOptions& options, const ProbeTarget& target);

/// Fills best_classes and confusion; classes that are neither true nor predicted have zeros.
/// @param classes  names by label
void describe_classes(const ClassificationMetrics& metrics, const std::vector<std::string>& classes,
                      ProbeResult& result);

}  // namespace headlens
