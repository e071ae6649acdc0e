#pragma once

#include <optional>
#include <string>
#include <vector>

#include "headlens/results/sweep_result.h"

namespace headlens {

/// One edge of a circuit: "L3H4" -> "L5H2.q".
struct EdgeEffect {
  std::string sender, receiver;
  std::optional<double> estimate;  ///< of the change of the metric, by gradients
  std::optional<double> value;     ///< the metric after the edge was patched
};

/// Edges between nodes, each patched by itself.
struct PathResult {
  Provenance provenance;
  PromptTokens clean, corrupt;
  SweepQuestion question;
  std::string direction;  ///< "denoise": clean into corrupt; "noise": corrupt into clean
  double clean_metric = 0, corrupt_metric = 0;
  std::vector<EdgeEffect> edges;

  /// The metric of the run that was edited.
  double edited_metric() const { return direction == "denoise" ? corrupt_metric : clean_metric; }
};

}  // namespace headlens
