#pragma once

#include <span>

#include "headlens/interventions/circuit_nodes.h"
#include "headlens/interventions/patching.h"
#include "headlens/results/edge_result.h"

namespace headlens {

struct PathOptions {
  AskedFor asked;
  PatchDirection direction = PatchDirection::denoise;
  std::vector<Sender> senders = {};      ///< empty: all
  std::vector<Receiver> receivers = {};  ///< empty: all
  SweepOptions sweep = {};
};

struct PathEffects {
  double clean = 0, corrupt = 0;
  std::vector<double> values;  ///< the metric after the patch of each edge

  /// The metric of the run that is edited, left alone.
  double edited(PatchDirection direction) const {
    return direction == PatchDirection::denoise ? corrupt : clean;
  }
};

/// What the metric of one run becomes when a receiver reads what a sender writes in the other run,
/// and everything else is as it was (Goldowsky-Dill et al. 2023): the receiver's own input is
/// computed anew from the base run's residual stream plus the sender's difference, and the run goes
/// on from there. Exact.
/// @throws UnsupportedError  for post-norm models
/// @throws UsageError        if a sender does not reach its receiver
PathEffects path_effects(Session& session, AskedPair& pair, std::span<const Edge> edges,
                         Metric metric, PatchDirection direction, const SweepOptions& options);

/// How far they lie from f32; see deviation_from_f32().
std::optional<SweepDeviation> deviation_of_paths(Session& session, AskedPair& pair,
                                                 std::span<const Edge> edges,
                                                 const PathEffects& effects, Metric metric,
                                                 PatchDirection direction,
                                                 const SweepOptions& options);

/// The edges from every listed sender to every listed receiver that it reaches.
/// @throws UsageError  if there are none, and as path_effects() and ask_pair()
PathResult path_patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                      const PathOptions& options);

}  // namespace headlens
