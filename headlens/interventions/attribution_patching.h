#pragma once

#include <span>

#include "headlens/interventions/gradient_path.h"
#include "headlens/interventions/patching.h"
#include "headlens/results/attribution_result.h"

namespace headlens {

struct AttributionOptions {
  AskedFor asked;
  SiteKind site = SiteKind::z;
  GridColumns columns = GridColumns::heads;
  PatchDirection direction = PatchDirection::denoise;
  int steps = 0;  ///< of integrated gradients; 0: the gradient at the edited run alone
  /// For q and k: the pattern that a patched query or key makes is computed exactly, and only what
  /// follows is taken as straight (AtP*, Kramar et al. 2024, section 4.1).
  bool exact_softmax = false;
  int verify = 10;  ///< places of largest estimate that are patched exactly
  SweepOptions sweep = {};
};

/// Attribution patching (Nanda 2023): the change that a patch would make to the metric, to first
/// order: (source - edited) . d metric / d activation, summed over the place. With steps, gradients
/// are averaged over runs whose input embeddings lie between both runs' (Hanna et al. 2024).
/// @throws UsageError  for rank; exact_softmax at other sites than q and k, or with steps; and as
///                     ask_pair()
AttributionResult attribute_patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                                  const AttributionOptions& options);

/// @param estimates, effects  of the same places
EstimateQuality quality_of(std::span<const double> estimates, std::span<const double> effects);

}  // namespace headlens
