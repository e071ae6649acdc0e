#pragma once

#include "headlens/interventions/circuit_nodes.h"
#include "headlens/run/session.h"

namespace headlens {

/// What every sender of one run writes into the residual stream. Biases of attention belong to no
/// head and are left out.
class NodeOutputs {
 public:
  NodeOutputs(Session& session, const TokenSequence& tokens);

  std::int64_t length() const { return length_; }
  /// [d_model]
  const float* row(const Sender& sender, std::int64_t position) const;

 private:
  std::int64_t length_, n_heads_, d_model_;
  ActivationCache cache_;
};

/// What a sender writes in one run and not in the other: source - edited, [pos, d_model].
Tensor output_difference(const NodeOutputs& source, const NodeOutputs& edited, const Sender& sender,
                         std::int64_t d_model);

}  // namespace headlens
