#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/circuit_graph.h"
#include "headlens/interventions/patching.h"

namespace headlens {

/// What runs that keep only circuits answer, [circuit][pair], beside the whole model.
struct CircuitMetrics {
  std::vector<double> clean, corrupt;  ///< [pair]
  std::vector<std::vector<double>> circuits;
};

/// The metric of runs on the clean prompts in which every edge outside a circuit carries what the
/// corrupt run sends through it (Conmy et al. 2023; Hanna et al. 2024), and the kept ones what this
/// run sends. A circuit of all edges gives the clean run, one of none the corrupt run. Exact.
/// @throws UsageError, UnsupportedError, ResourceError  as Sweep
CircuitMetrics circuit_metrics(Session& session, std::vector<AskedPair>& pairs,
                               const CircuitGraph& graph, std::span<const Circuit> circuits,
                               Metric metric, const SweepOptions& options);

}  // namespace headlens
