#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/block_weights.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/taps.h"

namespace headlens {

/// One row's norm of the kind the spec says; y may be x.
/// @return what x was divided by
float apply_norm(const BlockSpec& spec, const NormWeights& norm, std::int64_t n, const float* x,
                 float* y);

/// Norms of some rows, telling the taps of the scales. Where hooks change a scale, the norm is
/// divided by what they leave.
/// @param x, y  values of row 0 of the batch, [row, d_model]; y may be x
void normalize_rows(Site scale_site, const BlockSpec& spec, const NormWeights& norm,
                    const Taps& taps, Workspace& memory, Lane& lane, const RowBatch& batch,
                    Range rows, const float* x, float* y);

}  // namespace headlens
