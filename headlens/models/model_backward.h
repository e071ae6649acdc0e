#pragma once

#include <vector>

#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/model_transposes.h"
#include "headlens/models/row_batch.h"
#include "headlens/models/site_gradients.h"

namespace headlens {

/// Sites that a run must cache so that the gradients of `wanted` can be computed.
std::vector<Site> sites_for_backward(const std::set<Site>& wanted, const ModelSpec& spec);

/// The whole model backwards, for one sequence, on the calling thread: from the gradient of its
/// last hidden states to those of the sites that are wanted, and no further down.
/// @param tokens     of the sequence; its tape holds sites_for_backward()
/// @param d_states   with respect to the states after the final norm, [pos, d_model]
/// @throws CancelledError  between blocks, if cancellation was requested
void run_backward(const Model& model, const ModelTransposes& transposes,
                  const TokenSequence& tokens, const SequenceTape& tape, const Tensor& d_states,
                  SiteGradients& gradients);

}  // namespace headlens
