#pragma once

#include <vector>

#include "headlens/interventions/circuit_runs.h"
#include "headlens/results/circuit_result.h"
#include "headlens/statistics/bootstrap.h"

namespace headlens {

/// (circuit - corrupt) / (clean - corrupt), of means over prompts.
/// @return  one for each circuit; NaN where clean and corrupt are equal
std::vector<double> faithfulness(const CircuitMetrics& metrics);

/// Areas over shares, by trapezoids (Mueller et al. 2025).
struct FaithfulnessAreas {
  double cpr = 0;  ///< under the faithfulness
  double cmd = 0;  ///< between it and 1
};
FaithfulnessAreas areas_of(const std::vector<double>& shares,
                           const std::vector<double>& faithfulness);

/// Intervals over prompts of each circuit's faithfulness, then of both areas.
std::vector<Interval> faithfulness_intervals(const CircuitMetrics& metrics,
                                             const std::vector<double>& shares,
                                             const BootstrapOptions& options);

}  // namespace headlens
