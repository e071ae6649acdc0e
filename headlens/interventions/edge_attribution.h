#pragma once

#include "headlens/interventions/attribution_patching.h"
#include "headlens/interventions/circuit_nodes.h"

namespace headlens {

/// An estimate of what patching each edge by itself would change.
struct EdgeEstimates {
  std::vector<Edge> edges;
  std::vector<double> estimates;  ///< of the change of the metric
};

/// Edge attribution patching (Syed et al. 2023): (source - edited output of the sender) .
/// d metric / d input of the receiver, summed over positions. The receiver's input is the residual
/// stream before its norm. With steps, EAP-IG (Hanna et al. 2024).
/// @param steps  as AttributionOptions
/// @throws UnsupportedError  for post-norm models
EdgeEstimates estimate_edges(Session& session, AskedPair& pair, Metric metric,
                             PatchDirection direction, int steps);

struct EdgeAttributionOptions {
  AskedFor asked;
  PatchDirection direction = PatchDirection::denoise;
  int steps = 0;
  int keep = 1000;  ///< edges of largest estimate that the result lists
  int verify = 10;  ///< of these, edges that are patched exactly
  SweepOptions sweep = {};
};

/// @throws UsageError, UnsupportedError  as estimate_edges() and ask_pair()
EdgeAttributionResult attribute_edges(Session& session, const Prompt& clean, const Prompt& corrupt,
                                      const EdgeAttributionOptions& options);

}  // namespace headlens
