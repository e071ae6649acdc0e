#include "headlens/models/block/normalize.h"

#include "headlens/kernels/norm.h"

namespace headlens {

float apply_norm(const BlockSpec& spec, const NormWeights& norm, std::int64_t n, const float* x,
                 float* y) {
  return spec.norm == NormKind::rms_norm
             ? rms_norm_row(x, norm.weight.data(), spec.norm_epsilon, n, y)
             : layer_norm_row(x, norm.weight.data(), norm.bias.data(), spec.norm_epsilon, n, y);
}

void normalize_rows(Site scale_site, const BlockSpec& spec, const NormWeights& norm,
                    const Taps& taps, Workspace& memory, Lane& lane, const RowBatch& batch,
                    Range rows, const float* x, float* y) {
  const std::int64_t n = spec.d_model;
  float* scales = memory.scales.data();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    scales[row] = apply_norm(spec, norm, n, x + row * n, y + row * n);
  }
  if (!taps.is_heard(scale_site)) return;
  const std::vector<float> before(scales + rows.begin, scales + rows.end);
  taps.rows(scale_site, lane, batch, rows, scales, 1);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float ratio = before[row - rows.begin] / scales[row];
    if (ratio == 1.0f) continue;
    for (std::int64_t i = 0; i < n; ++i) {
      const float bias = norm.bias.empty() ? 0.0f : norm.bias.data()[i];
      y[row * n + i] = (y[row * n + i] - bias) * ratio + bias;
    }
  }
}

}  // namespace headlens
