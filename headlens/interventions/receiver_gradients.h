#pragma once

#include "headlens/interventions/circuit_nodes.h"
#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/model_transposes.h"
#include "headlens/models/site_gradients.h"

namespace headlens {

/// Sites whose gradients receiver_gradient() needs.
std::set<Site> sites_for_receivers(const ModelSpec& spec);

/// Gradient of a metric with respect to what one receiver reads: the residual stream before the
/// norm, as if it were this receiver's alone.
/// @param tape, gradients  of one run
/// @return  [pos, d_model]
Tensor receiver_gradient(const Model& model, const ModelTransposes& transposes,
                         const Receiver& receiver, const SequenceTape& tape,
                         const SiteGradients& gradients);

}  // namespace headlens
