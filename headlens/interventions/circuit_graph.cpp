#include "headlens/interventions/circuit_graph.h"

#include <algorithm>

namespace headlens {
namespace {

/// [receiver][sender]
using Matrix = std::vector<std::vector<char>>;

Matrix kept_matrix(const CircuitGraph& graph, const std::vector<std::size_t>& edges) {
  Matrix kept(graph.receivers().size(), std::vector<char>(graph.senders().size()));
  for (const std::size_t edge : edges) {
    const auto& [sender, receiver] = graph.edges().at(edge);
    kept[graph.index_of(receiver)][graph.index_of(sender)] = 1;
  }
  return kept;
}

/// Senders that something from the embeddings comes to.
std::vector<char> reached_senders(const CircuitGraph& graph, const Matrix& kept) {
  std::vector<char> reached(graph.senders().size());
  for (std::size_t s = 0; s < reached.size(); ++s) {
    const std::vector<int> inputs = graph.inputs_of(graph.senders()[s]);
    reached[s] = inputs.empty() || std::ranges::any_of(inputs, [&](int receiver) {
                   for (std::size_t from = 0; from < s; ++from) {
                     if (kept[receiver][from] && reached[from]) return true;
                   }
                   return false;
                 });
  }
  return reached;
}

}  // namespace

CircuitGraph::CircuitGraph(const ModelSpec& spec)
    : n_layers_(spec.n_layers()),
      n_heads_(static_cast<int>(spec.block().n_heads)),
      n_kv_heads_(static_cast<int>(spec.block().n_kv_heads)),
      senders_(senders_of(spec)),
      receivers_(receivers_of(spec)) {
  for (const Sender& sender : senders_) {
    for (const Receiver& receiver : receivers_) {
      if (reaches(sender, receiver, spec)) edges_.push_back({sender, receiver});
    }
  }
  for (const Receiver& receiver : receivers_) {
    senders_before_.push_back(static_cast<int>(std::ranges::count_if(
        senders_, [&](const Sender& sender) { return reaches(sender, receiver, spec); })));
  }
}

int CircuitGraph::sender_index(int layer, int head) const {
  if (layer < 0) return 0;
  return 1 + layer * (n_heads_ + 1) + (head < 0 ? n_heads_ : head);
}

int CircuitGraph::receiver_index(ReceiverKind kind, int layer, int head) const {
  const int in_layer = n_heads_ + 2 * n_kv_heads_ + 1;
  switch (kind) {
    case ReceiverKind::q:
      return layer * in_layer + head;
    case ReceiverKind::k:
      return layer * in_layer + n_heads_ + head;
    case ReceiverKind::v:
      return layer * in_layer + n_heads_ + n_kv_heads_ + head;
    case ReceiverKind::mlp:
      return (layer + 1) * in_layer - 1;
    default:
      return n_layers_ * in_layer;
  }
}

std::vector<int> CircuitGraph::inputs_of(const Sender& sender) const {
  if (sender.layer < 0) return {};
  if (sender.head < 0) return {receiver_index(ReceiverKind::mlp, sender.layer, -1)};
  const int shared = sender.head / (n_heads_ / n_kv_heads_);
  return {receiver_index(ReceiverKind::q, sender.layer, sender.head),
          receiver_index(ReceiverKind::k, sender.layer, shared),
          receiver_index(ReceiverKind::v, sender.layer, shared)};
}

Circuit::Circuit(const CircuitGraph& graph, const std::vector<std::size_t>& edges)
    : reads_(graph.receivers().size()), inputs_(graph.receivers().size()) {
  const Matrix kept = kept_matrix(graph, edges);
  sends_ = reached_senders(graph, kept);
  const auto n_senders = static_cast<int>(graph.senders().size());
  reads_.back() = 1;
  for (int s = n_senders - 1; s >= 0; --s) {
    bool read = false;
    for (std::size_t r = 0; r < reads_.size(); ++r) read = read || (reads_[r] && kept[r][s]);
    sends_[s] = sends_[s] && read;
    if (!sends_[s]) continue;
    for (const int receiver : graph.inputs_of(graph.senders()[s])) reads_[receiver] = 1;
  }
  for (std::size_t r = 0; r < reads_.size(); ++r) {
    if (!reads_[r]) continue;
    Inputs without{true, {}};
    for (int s = 0; s < graph.senders_before(static_cast<int>(r)); ++s) {
      if (!sends_[s]) continue;
      (kept[r][s] ? inputs_[r] : without).senders.push_back(s);
    }
    live_edges_ += static_cast<int>(inputs_[r].senders.size());
    if (inputs_[r].senders.size() > without.senders.size()) inputs_[r] = std::move(without);
  }
}

std::vector<std::size_t> edges_between(const CircuitGraph& graph,
                                       const std::vector<Sender>& nodes) {
  std::vector<char> kept(graph.senders().size());
  kept.front() = 1;
  for (const Sender& node : nodes) kept[graph.index_of(node)] = 1;
  std::vector<std::size_t> edges;
  for (std::size_t i = 0; i < graph.edges().size(); ++i) {
    if (kept[graph.index_of(graph.edges()[i].sender)]) edges.push_back(i);
  }
  return edges;
}

}  // namespace headlens
