#pragma once

#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// What a model predicts and writes as it is, and with a vector added to its residual stream.
struct SteerResult {
  Provenance provenance;
  PromptTokens prompt;
  std::string site;
  int layer = 0;
  std::string toward, away;  ///< texts whose difference the vector is; empty for one from a file
  double scale = 1;
  double vector_norm = 0;      ///< of what is added, scale included
  double activation_norm = 0;  ///< mean over the prompt's positions, for comparison
  double kl_nats = 0;          ///< KL(base || steered) of the next token
  std::vector<Prediction> base_top, steered_top;
  std::string base_text, steered_text;  ///< greedy continuations
};

}  // namespace headlens
