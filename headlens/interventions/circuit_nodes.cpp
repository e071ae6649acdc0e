#include "headlens/interventions/circuit_nodes.h"

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::string_view kHeadKinds[] = {"q", "k", "v"};

void check_stream(const ModelSpec& spec) {
  if (spec.block().norm_place == NormPlace::pre) return;
  throw UnsupportedError(
      "this model normalises the residual stream itself, so that what its parts write does not add "
      "up to what others read; patch or attribute nodes instead of edges");
}

std::string head_name(int layer, int head) {
  return "L" + std::to_string(layer) + "H" + std::to_string(head);
}

std::string mlp_name(int layer) { return "L" + std::to_string(layer) + "MLP"; }

template <typename Node>
Node find(const std::vector<Node>& nodes, std::string_view name, const std::string& how) {
  for (const Node& node : nodes) {
    if (name_of(node) == name) return node;
  }
  throw UsageError("this model has no " + how);
}

}  // namespace

std::vector<Sender> senders_of(const ModelSpec& spec) {
  check_stream(spec);
  std::vector<Sender> senders{{-1, -1}};
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    for (int head = 0; head < spec.block().n_heads; ++head) senders.push_back({layer, head});
    senders.push_back({layer, -1});
  }
  return senders;
}

std::vector<Receiver> receivers_of(const ModelSpec& spec) {
  check_stream(spec);
  std::vector<Receiver> receivers;
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    for (const ReceiverKind kind : {ReceiverKind::q, ReceiverKind::k, ReceiverKind::v}) {
      const std::int64_t heads =
          kind == ReceiverKind::q ? spec.block().n_heads : spec.block().n_kv_heads;
      for (int head = 0; head < heads; ++head) receivers.push_back({kind, layer, head});
    }
    receivers.push_back({ReceiverKind::mlp, layer, -1});
  }
  receivers.push_back({});
  return receivers;
}

bool reaches(const Sender& sender, const Receiver& receiver, const ModelSpec& spec) {
  if (receiver.kind == ReceiverKind::final) return true;
  const bool same_block =
      receiver.kind == ReceiverKind::mlp && sender.head >= 0 && !spec.block().parallel_residual;
  return sender.layer < receiver.layer || (same_block && sender.layer == receiver.layer);
}

std::string name_of(const Sender& sender) {
  if (sender.layer < 0) return "embed";
  return sender.head < 0 ? mlp_name(sender.layer) : head_name(sender.layer, sender.head);
}

std::string name_of(const Receiver& receiver) {
  if (receiver.kind == ReceiverKind::final) return "final";
  if (receiver.kind == ReceiverKind::mlp) return mlp_name(receiver.layer);
  return head_name(receiver.layer, receiver.head) + "." +
         std::string(kHeadKinds[static_cast<std::size_t>(receiver.kind)]);
}

Sender parse_sender(std::string_view name, const ModelSpec& spec) {
  return find(senders_of(spec), name,
              "sender \"" + std::string(name) + "\"; write embed, L3H4 or L3MLP");
}

Receiver parse_receiver(std::string_view name, const ModelSpec& spec) {
  return find(receivers_of(spec), name,
              "receiver \"" + std::string(name) +
                  "\"; write L5H2.q, L5H2.k, L5H2.v (of keys and values, the shared head), L5MLP "
                  "or final");
}

}  // namespace headlens
