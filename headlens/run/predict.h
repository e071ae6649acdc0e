#pragma once

#include "headlens/results/run_result.h"
#include "headlens/run/prompt.h"
#include "headlens/run/session.h"

namespace headlens {

/// What the model predicts: the next token of a causal model, the (first) masked token of a masked
/// one, the classes of a classifier.
/// @param top_k  how many tokens to keep, most probable first
/// @throws UnsupportedError  if the model has no prediction head
/// @throws UsageError        if top_k is out of range, or a masked model gets no mask token
RunResult predict(Session& session, const Prompt& prompt, int top_k);

/// The most probable tokens of one row of logits.
/// @param logits  [vocab]
std::vector<Prediction> top_predictions(const Session& session, const float* logits, int top_k);

}  // namespace headlens
