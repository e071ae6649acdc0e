#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headlens/models/model_spec.h"

namespace headlens {

/// What writes into the residual stream: the embeddings (layer -1), a head, or an MLP (head -1).
struct Sender {
  int layer = -1;
  int head = -1;
  friend bool operator==(const Sender&, const Sender&) = default;
};

/// What a receiver does with the residual stream that it reads.
enum class ReceiverKind : std::uint8_t { q, k, v, mlp, final };

/// What reads the residual stream: a head's queries, a key or value head, an MLP, or the end.
struct Receiver {
  ReceiverKind kind = ReceiverKind::final;
  int layer = -1;  ///< not of final
  int head = -1;   ///< of q; of keys and values that groups of queries share, the shared one
  friend bool operator==(const Receiver&, const Receiver&) = default;
};

/// The direct way from one to the other, through nothing but the residual stream.
struct Edge {
  Sender sender;
  Receiver receiver;
};

/// In the order of the forward pass.
/// @throws UnsupportedError  for post-norm models, where nodes do not add up to what others read
std::vector<Sender> senders_of(const ModelSpec& spec);
std::vector<Receiver> receivers_of(const ModelSpec& spec);
bool reaches(const Sender& sender, const Receiver& receiver, const ModelSpec& spec);

/// "embed", "L3H4", "L3MLP"; "L5H2.q", "L5MLP", "final".
std::string name_of(const Sender& sender);
std::string name_of(const Receiver& receiver);
/// @throws UsageError  if the model has no such node; says how to write one
Sender parse_sender(std::string_view name, const ModelSpec& spec);
Receiver parse_receiver(std::string_view name, const ModelSpec& spec);

}  // namespace headlens
