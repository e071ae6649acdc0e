#pragma once

#include <vector>

#include "headlens/lenses/vocabulary_projection.h"
#include "headlens/results/lens_result.h"
#include "headlens/run/prompt.h"
#include "headlens/run/session.h"

namespace headlens {

struct LogitLensOptions {
  int top_k = 5;
  /// Whether norm_f is applied before the unembedding. The last layer, which is the model's own
  /// output, always has it.
  bool final_norm = true;
  std::vector<int> positions =
      {};  ///< token positions; negative count from the end; empty: the last
  bool all_positions = false;
  VocabularyProducts products = VocabularyProducts::f32;
};

/// Logit lens (nostalgebraist 2020): softmax(W_U norm_f(h_l)) for h_0 (embeddings) to h_L (output).
/// Masked language models go through their whole prediction head at every layer.
/// @throws UnsupportedError  if the model has no vocabulary head
/// @throws UsageError        if a position does not exist or top_k is not in 1..vocabulary
LensResult logit_lens(Session& session, const Prompt& prompt, const LogitLensOptions& options = {});

/// The hidden states the lens reads, [position, layer 0..L, d_model], each ready for the
/// unembedding.
Tensor lens_inputs(Session& session, const TokenSequence& sequence,
                   const std::vector<int>& positions, bool final_norm);

}  // namespace headlens
