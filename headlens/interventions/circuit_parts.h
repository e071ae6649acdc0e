#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headlens/interventions/circuit_graph.h"

namespace headlens {

enum class CircuitKind : std::uint8_t { edges, nodes };

std::string_view to_string(CircuitKind kind);

/// What circuits of one kind are made of: every edge, or every head and MLP with all its edges.
class CircuitParts {
 public:
  CircuitParts(const CircuitGraph& graph, CircuitKind kind) : graph_(graph), kind_(kind) {}

  const CircuitGraph& graph() const { return graph_; }
  CircuitKind kind() const { return kind_; }
  std::size_t size() const;
  /// "L3H4 -> L5H2.q", or "L3H4".
  std::string name(std::size_t part) const;
  /// @throws UsageError  if the model has no such part; says how to write one
  std::size_t parse(std::string_view name, const ModelSpec& spec) const;
  /// A circuit of some parts.
  Circuit circuit(const std::vector<std::size_t>& parts) const;
  /// All parts but some.
  std::vector<std::size_t> without(const std::vector<std::size_t>& parts) const;

 private:
  const CircuitGraph& graph_;
  CircuitKind kind_;
};

/// Whether a name is an edge's.
bool names_an_edge(std::string_view name);

}  // namespace headlens
