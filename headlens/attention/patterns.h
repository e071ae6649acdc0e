#pragma once

#include <vector>

#include "headlens/results/attention_result.h"
#include "headlens/run/prompt.h"
#include "headlens/run/session.h"

namespace headlens {

/// The softmax attention pattern of every head of the given layers, each once, in the order given
/// (all if none are given). Only the blocks up to the last of them run.
/// @throws UsageError  if a layer does not exist
AttentionResult attention_patterns(Session& session, const Prompt& prompt,
                                   const std::vector<int>& layers = {});

}  // namespace headlens
