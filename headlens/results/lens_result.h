#pragma once

#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// What the model would predict at one layer and position.
struct LensCell {
  std::vector<Prediction> top = {};  ///< most probable first
  double entropy_nats = 0;
  double kl_to_final_nats = 0;  ///< KL(final || this layer)
};

/// Logit lens (nostalgebraist 2020): W_U norm_f(h_l) at every layer. Layer 0 is the embeddings, the
/// last layer is the model's own output.
struct LensResult {
  Provenance provenance;
  PromptTokens prompt;
  bool final_norm = true;  ///< whether norm_f was applied before the unembedding
  /// "f32", or "bf16_screened": the same top tokens and logits, while probabilities and entropies
  /// are normalised by bf16 logits corrected where it matters, and divergences by bf16 logits.
  std::string vocabulary_products = "f32";
  std::vector<int> layers;                      ///< 0 .. n_layers
  std::vector<int> positions;                   ///< token positions that were read
  std::vector<std::vector<LensCell>> cells_LP;  ///< [layer][position], as listed above
};

}  // namespace headlens
