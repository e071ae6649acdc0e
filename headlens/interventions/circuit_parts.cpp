#include "headlens/interventions/circuit_parts.h"

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::string_view kArrow = "->";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view to_string(CircuitKind kind) {
  return kind == CircuitKind::edges ? "edges" : "nodes";
}

bool names_an_edge(std::string_view name) { return name.find(kArrow) != std::string_view::npos; }

std::size_t CircuitParts::size() const {
  return kind_ == CircuitKind::edges ? graph_.edges().size() : graph_.senders().size() - 1;
}

std::string CircuitParts::name(std::size_t part) const {
  if (kind_ == CircuitKind::nodes) return name_of(graph_.senders()[part + 1]);
  const Edge& edge = graph_.edges()[part];
  return name_of(edge.sender) + " -> " + name_of(edge.receiver);
}

std::size_t CircuitParts::parse(std::string_view name, const ModelSpec& spec) const {
  const std::size_t arrow = name.find(kArrow);
  if (kind_ == CircuitKind::nodes) {
    const int sender = graph_.index_of(parse_sender(trimmed(name), spec));
    if (sender == 0) throw UsageError("the embeddings are in every circuit; leave out embed");
    return static_cast<std::size_t>(sender) - 1;
  }
  if (arrow == std::string_view::npos) {
    throw UsageError("\"" + std::string(name) + "\" is no edge; write L3H4->L5H2.q");
  }
  const Sender sender = parse_sender(trimmed(name.substr(0, arrow)), spec);
  const Receiver receiver = parse_receiver(trimmed(name.substr(arrow + kArrow.size())), spec);
  const auto found = std::ranges::find_if(graph_.edges(), [&](const Edge& edge) {
    return edge.sender == sender && edge.receiver == receiver;
  });
  if (found == graph_.edges().end()) {
    throw UsageError(name_of(sender) + " does not reach " + name_of(receiver) +
                     ": it comes later in the model");
  }
  return static_cast<std::size_t>(found - graph_.edges().begin());
}

Circuit CircuitParts::circuit(const std::vector<std::size_t>& parts) const {
  if (kind_ == CircuitKind::edges) return {graph_, parts};
  std::vector<Sender> nodes;
  for (const std::size_t part : parts) nodes.push_back(graph_.senders()[part + 1]);
  return {graph_, edges_between(graph_, nodes)};
}

std::vector<std::size_t> CircuitParts::without(const std::vector<std::size_t>& parts) const {
  std::vector<char> removed(size());
  for (const std::size_t part : parts) removed[part] = 1;
  std::vector<std::size_t> rest;
  for (std::size_t part = 0; part < removed.size(); ++part) {
    if (!removed[part]) rest.push_back(part);
  }
  return rest;
}

}  // namespace headlens
