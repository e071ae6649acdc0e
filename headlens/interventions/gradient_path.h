#pragma once

#include "headlens/interventions/metric_gradients.h"
#include "headlens/interventions/patching.h"

namespace headlens {

/// The runs at which attributions take gradients: the edited run, or runs whose input embeddings
/// lie between the edited and the source run's, at the middles of equal steps.
struct GradientPath {
  int steps = 0;  ///< 0: the edited run alone

  int runs() const { return steps == 0 ? 1 : steps; }
  /// "gradient at the corrupt run", "integrated gradients, 5 steps".
  std::string name(PatchDirection direction) const;
};

/// Gradients at every run of the path, added up with equal weights that sum to 1.
/// @param pair   of which the edited run is chosen by direction
/// @param visit  as in metric_gradients(), with the index of the run on the path; may be called
/// from
///               several threads at once
SiteGradients path_gradients(Session& session, Metric metric, AskedPair& pair,
                             PatchDirection direction, const GradientPath& path,
                             const std::set<Site>& wanted, const GradientVisitor& visit = {});

}  // namespace headlens
