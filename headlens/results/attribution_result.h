#pragma once

#include <string>
#include <vector>

#include "headlens/results/edge_result.h"

namespace headlens {

/// An estimate beside what it estimates.
struct VerifiedEstimate {
  std::string place;
  double estimate = 0;  ///< of the change of the metric
  double effect = 0;    ///< the exact change
};

/// How well estimates did where the truth was computed.
struct EstimateQuality {
  int verified = 0;
  double rank_correlation = 0;      ///< Spearman's, of the sizes of estimates and effects
  double mean_absolute_error = 0;   ///< in the metric's unit
  double mean_absolute_effect = 0;  ///< beside it
};

/// What activation patching would change, estimated by gradients. An estimate is not an effect.
struct AttributionResult {
  Provenance provenance;
  PromptTokens clean, corrupt;
  SweepQuestion question;
  std::string site;
  std::string direction;  ///< as PatchResult
  std::string method;     ///< "gradient at the corrupt run", "integrated gradients, 5 steps" ...
  double clean_metric = 0, corrupt_metric = 0;
  EffectGrid estimates;  ///< changes of the metric of the run that is edited
  std::vector<VerifiedEstimate> verified;
  EstimateQuality quality;
};

/// The same for the edges of a circuit.
struct EdgeAttributionResult {
  PathResult paths;  ///< the edges of largest estimate, the first of them patched exactly
  std::string method;
  int n_edges = 0;  ///< of the whole model
  EstimateQuality quality;
};

}  // namespace headlens
