#pragma once

#include <string>

#include "headlens/interventions/metric.h"
#include "headlens/results/sweep_result.h"
#include "headlens/run/prompt.h"

namespace headlens {

/// What the user asks of a prompt.
struct AskedFor {
  Metric metric = Metric::probability;
  std::string answer = {};  ///< empty: what the model itself predicts first
  std::string foil = {};    ///< of logit_difference
};

/// A prompt, extended by the answer's tokens but its last, and where the answer is read: after the
/// prompt in a causal model, at its mask in a masked one.
struct AskedPrompt {
  TokenSequence sequence;
  std::int64_t prompt_length = 0;  ///< tokens before the answer
  Question question;
  SweepQuestion told;  ///< the same for results
};

/// @throws UsageError  if the answer has no token, several masks or none are in a masked model's
///                     prompt, or the metric cannot be read so
/// @throws UnsupportedError  if the model has no vocabulary head
AskedPrompt ask(Session& session, const Prompt& prompt, const AskedFor& asked);

}  // namespace headlens
