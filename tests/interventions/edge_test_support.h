#pragma once

#include "headlens/interventions/path_patching.h"
#include "tests/parity/parity_models.h"

namespace headlens {

/// Names of the parity models that predict tokens and have a residual stream that nodes add up to.
std::vector<std::string> stream_models();

/// Two runs of as many tokens that part at a token in the middle, with a logit difference asked
/// after the last.
AskedPair differing_pair(ParityModel& model);

/// An edge patched by hooks alone, in whole runs: the receiver's input is taken from a run whose
/// residual stream was moved, and put into another run.
/// @param share  of the sender's difference that is added
double naive_edge(Session& session, const AskedPair& pair, const Edge& edge, float share = 1);

/// The pair's logit difference after the last token.
double logit_difference(const AskedPair& pair, const Tensor& logits);

}  // namespace headlens
