#pragma once

#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// The model's own output for one prompt.
struct RunResult {
  Provenance provenance;
  PromptTokens prompt;
  std::vector<Prediction> top;  ///< next token, or the masked token for a masked language model
  int position = 0;             ///< token position the prediction was read at
  /// Class probabilities where the model has a classification head, in label order.
  std::vector<Prediction> classes;
};

}  // namespace headlens
