#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/circuit_graph.h"
#include "headlens/interventions/patching.h"

namespace headlens {

/// How much each edge's clean signal is estimated to raise the metric, added up over pairs: the
/// integrated-gradients estimates of edge_attribution.h (EAP-IG), or with 0 steps EAP at the clean
/// run.
/// @return  one score for each of graph.edges()
std::vector<double> edge_scores(Session& session, std::span<AskedPair> pairs,
                                const CircuitGraph& graph, Metric metric, int steps);

/// Scores of nodes from those of their outgoing edges, whose sum is the node's own estimate.
/// @return  one score for each of graph.senders() after the embeddings
std::vector<double> node_scores(const CircuitGraph& graph, const std::vector<double>& edge_scores);

/// Indices of scores, largest without its sign first; equal ones in their order.
std::vector<std::size_t> ranked_by_size(const std::vector<double>& scores);

}  // namespace headlens
