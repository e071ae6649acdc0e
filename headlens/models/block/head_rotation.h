#pragma once

#include "headlens/base/team.h"
#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/block_weights.h"
#include "headlens/models/row_batch.h"

namespace headlens {

/// Cosines and sines of some rows' rotary angles, the same in every layer.
/// @param cosine, sine  values of row 0 of the batch, [row, rotary pair]
void compute_rotations(const Rotary& rotary, const RowBatch& batch, Range rows, float* cosine,
                       float* sine);

/// What lies between a row's projected queries or keys and their products: the norm of each head
/// (where BlockSpec::qk_norm) and its rotation (where BlockSpec::rotary).
/// @param heads  [n_heads, d_head], changed in place
/// @param norm   read only where the spec has it
void normalize_heads(const BlockSpec& spec, const NormWeights& norm, std::int64_t n_heads,
                     float* heads);
/// @param cosine, sine  [rotary pair] of the row
void rotate_heads(const BlockSpec& spec, const float* cosine, const float* sine,
                  std::int64_t n_heads, float* heads);

}  // namespace headlens
