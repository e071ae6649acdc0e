#include "headlens/interventions/circuit_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "headlens/interventions/edge_attribution.h"

namespace headlens {

std::vector<double> edge_scores(Session& session, std::span<AskedPair> pairs,
                                const CircuitGraph& graph, Metric metric, int steps) {
  std::vector<double> scores(graph.edges().size());
  for (AskedPair& pair : pairs) {
    const EdgeEstimates one = estimate_edges(session, pair, metric, PatchDirection::noise, steps);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] -= one.estimates[i];
  }
  return scores;
}

std::vector<double> node_scores(const CircuitGraph& graph, const std::vector<double>& edge_scores) {
  std::vector<double> scores(graph.senders().size() - 1);
  for (std::size_t i = 0; i < edge_scores.size(); ++i) {
    const int sender = graph.index_of(graph.edges()[i].sender);
    if (sender > 0) scores[sender - 1] += edge_scores[i];
  }
  return scores;
}

std::vector<std::size_t> ranked_by_size(const std::vector<double>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return std::abs(scores[i]); });
  return order;
}

}  // namespace headlens
