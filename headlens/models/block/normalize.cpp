#include "headlens/models/block/normalize.h"

#include "headlens/kernels/norm.h"

namespace headlens {

float apply_norm(const BlockSpec& spec, const NormWeights& norm, std::int64_t n, const float* x,
                 float* y) {
  return spec.norm == NormKind::rms_norm
             ? rms_norm_row(x, norm.weight.data(), spec.norm_epsilon, n, y)
             : layer_norm_row(x, norm.weight.data(), norm.bias.data(), spec.norm_epsilon, n, y);
}

float divide_by_scale(const BlockSpec& spec, std::int64_t n, const float* x, float* y) {
  static const NormWeights kUnweighted;
  return apply_norm(spec, kUnweighted, n, x, y);
}

namespace {

/// Quotients are told from a row of their own, so that listening changes no bit of y.
void tell_and_normalize(const NormSites& sites, const BlockSpec& spec, const NormWeights& norm,
                        const Taps& taps, Lane& lane, const RowBatch& batch, Range rows,
                        const float* x, float* y) {
  const std::int64_t n = spec.d_model;
  std::vector<float> quotient(n);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float scale = divide_by_scale(spec, n, x + row * n, quotient.data());
    taps.rows(sites.scale, lane, batch, {row, row + 1}, &scale - row, 1);
    taps.rows(sites.normalized, lane, batch, {row, row + 1}, quotient.data() - row * n, n);
    apply_norm(spec, norm, n, x + row * n, y + row * n);
  }
}

void apply_weights(const NormWeights& norm, std::int64_t n, float* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] *= norm.weight.data()[i];
  if (norm.bias.empty()) return;
  for (std::int64_t i = 0; i < n; ++i) y[i] += norm.bias.data()[i];
}

}  // namespace

void normalize_rows(const NormSites& sites, const BlockSpec& spec, const NormWeights& norm,
                    const Taps& taps, Workspace& memory, Lane& lane, const RowBatch& batch,
                    Range rows, const float* x, float* y) {
  const std::int64_t n = spec.d_model;
  if (!taps.is_heard(sites.scale) && !taps.is_heard(sites.normalized)) {
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      apply_norm(spec, norm, n, x + row * n, y + row * n);
    }
    return;
  }
  if (!taps.is_edited(sites.scale) && !taps.is_edited(sites.normalized)) {
    return tell_and_normalize(sites, spec, norm, taps, lane, batch, rows, x, y);
  }
  float* scales = memory.scales.data();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    scales[row] = divide_by_scale(spec, n, x + row * n, y + row * n);
  }
  const std::vector<float> before(scales + rows.begin, scales + rows.end);
  taps.rows(sites.scale, lane, batch, rows, scales, 1);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float ratio = before[row - rows.begin] / scales[row];
    if (ratio == 1.0f) continue;
    for (std::int64_t i = 0; i < n; ++i) y[row * n + i] *= ratio;
  }
  taps.rows(sites.normalized, lane, batch, rows, y, n);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    apply_weights(norm, n, y + row * n);
  }
}

}  // namespace headlens
