#pragma once

#include "headlens/models/model.h"

namespace headlens {

/// The final norm of one residual row in place; nothing where the model has none.
void apply_final_norm(const Model& model, float* row);

/// What a masked language model does to hidden states before its unembedding (dense, activation,
/// norm), in place; nothing for other models.
/// @param x  [rows, d_model]
/// @pre model.load_head() was called
void transform_for_prediction(const Model& model, std::int64_t rows, float* x);

/// The classification head on rows of last hidden states (of each sequence's first token, or of
/// every token).
/// @param logits  [rows, class]
void classify(const Model& model, std::int64_t rows, const float* x, float* logits);

}  // namespace headlens
