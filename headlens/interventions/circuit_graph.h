#pragma once

#include <cstdint>
#include <vector>

#include "headlens/interventions/circuit_nodes.h"

namespace headlens {

/// All nodes of a model and the edges between them, numbered in the order of the forward pass.
class CircuitGraph {
 public:
  /// @throws UnsupportedError  for post-norm models
  explicit CircuitGraph(const ModelSpec& spec);

  const std::vector<Sender>& senders() const { return senders_; }
  const std::vector<Receiver>& receivers() const { return receivers_; }
  /// By sender, then by receiver.
  const std::vector<Edge>& edges() const { return edges_; }
  int n_layers() const { return n_layers_; }
  int n_heads() const { return n_heads_; }

  /// @param head  -1: the MLP; layer -1: the embeddings
  int sender_index(int layer, int head) const;
  int receiver_index(ReceiverKind kind, int layer, int head) const;
  int index_of(const Sender& sender) const { return sender_index(sender.layer, sender.head); }
  int index_of(const Receiver& receiver) const {
    return receiver_index(receiver.kind, receiver.layer, receiver.head);
  }
  /// What a node reads: queries, keys and values of a head, or the MLP's input. None for the
  /// embeddings.
  std::vector<int> inputs_of(const Sender& sender) const;
  /// A receiver can read the senders below this number, and no others.
  int senders_before(int receiver) const { return senders_before_[receiver]; }

 private:
  int n_layers_, n_heads_, n_kv_heads_;
  std::vector<Sender> senders_;
  std::vector<Receiver> receivers_;
  std::vector<Edge> edges_;
  std::vector<int> senders_before_;
};

/// The edges that a run keeps; through every other one flows what the corrupt run sends.
class Circuit {
 public:
  /// @param edges  indices into graph.edges()
  Circuit(const CircuitGraph& graph, const std::vector<std::size_t>& edges);

  /// What a receiver reads besides the corrupt run's residual stream: the differences of these
  /// senders, or, where those are more than half, of all but these.
  struct Inputs {
    bool from_all = false;
    std::vector<int> senders;
  };

  /// Whether something flows from the embeddings through this sender to the end.
  bool sends(int sender) const { return sends_[sender] != 0; }
  bool reads(int receiver) const { return reads_[receiver] != 0; }
  const Inputs& inputs(int receiver) const { return inputs_[receiver]; }
  /// Kept edges between senders that send and receivers that read.
  int live_edges() const { return live_edges_; }

 private:
  std::vector<char> sends_, reads_;
  std::vector<Inputs> inputs_;
  int live_edges_ = 0;
};

/// The edges between some nodes, the embeddings and the end.
std::vector<std::size_t> edges_between(const CircuitGraph& graph, const std::vector<Sender>& nodes);

}  // namespace headlens
