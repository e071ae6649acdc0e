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

/// The same without the norm's weight and bias, as the norms' sites hold it.
float divide_by_scale(const BlockSpec& spec, std::int64_t n, const float* x, float* y);

/// A norm's two sites.
struct NormSites {
  Site scale, normalized;
};

/// Norms of some rows, telling the taps: of what each row is divided by, and of the quotient before
/// the norm's weight and bias.
/// @param x, y  values of row 0 of the batch, [row, d_model]; y may be x
void normalize_rows(const NormSites& sites, const BlockSpec& spec, const NormWeights& norm,
                    const Taps& taps, Workspace& memory, Lane& lane, const RowBatch& batch,
                    Range rows, const float* x, float* y);

}  // namespace headlens
