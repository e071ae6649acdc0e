#pragma once

#include <string>
#include <vector>

#include "headlens/results/study_result.h"

namespace headlens {

/// What runs that keep only some parts answer.
struct CircuitPoint {
  int parts = 0;       ///< edges or nodes that are kept
  double share = 0;    ///< of all
  int live_edges = 0;  ///< kept edges on a way from the embeddings to the end
  double metric = 0;   ///< mean over prompts
  /// (metric - corrupt) / (clean - corrupt), of the means over prompts: 1 where the circuit does
  /// what the whole model does; with its bootstrap interval.
  double faithfulness = 0, low = 0, high = 0;
};

/// One part of a circuit.
struct CircuitPart {
  std::string name;       ///< "L3H4 -> L5H2.q", "L3H4", "L3MLP"
  double score = 0;       ///< mean estimate of what it adds to the metric; NaN if it was given
  double minimality = 0;  ///< part of (clean - corrupt) that is lost without it; see below
};

/// What the circuit and the model answer when the same parts are taken from both (Wang et al.
/// 2022): a complete circuit loses what the model loses.
struct CompletenessCheck {
  int removed = 0;     ///< parts
  double circuit = 0;  ///< faithfulness of the circuit without them
  double model = 0;    ///< of the whole model without them
};

/// How much of what a model answers a circuit explains. Scores are estimates, everything else is
/// exact.
struct CircuitResult {
  Provenance provenance;
  std::string prompts_file;
  std::string metric;
  std::string kind;    ///< of parts: "edges" or "nodes"
  std::string method;  ///< how parts were ranked; "given" where the user named them
  /// Parts are ranked and their number is chosen on some prompts, and judged on others.
  int n_ranked = 0, n_tested = 0;
  std::vector<DroppedPrompt> dropped;
  int n_parts = 0;                                        ///< of the whole model
  double clean_mean = 0, corrupt_mean = 0, accuracy = 0;  ///< of the tested prompts

  std::vector<CircuitPoint> curve;  ///< of growing circuits; empty where the circuit was given
  /// MIB's areas (Mueller et al. 2025), over shares of parts from the curve's first to 1: under the
  /// curve (CPR), and between it and 1 (CMD).
  double cpr = 0, cpr_low = 0, cpr_high = 0;
  double cmd = 0, cmd_low = 0, cmd_high = 0;

  double wanted_faithfulness = 0;  ///< that the circuit's size was chosen for
  CircuitPoint circuit;
  std::vector<CircuitPart> parts;  ///< of the circuit, largest score first
  std::vector<CompletenessCheck> completeness;
  /// The largest and mean |circuit - model| of the checks.
  double incompleteness_max = 0, incompleteness_mean = 0;
  double confidence = 0.95;
  int resamples = 0;
};

}  // namespace headlens
