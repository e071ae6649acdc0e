#include "headlens/models/block/head_rotation.h"

#include <cmath>

#include "headlens/kernels/norm.h"
#include "headlens/kernels/rotary.h"

namespace headlens {

void compute_rotations(const Rotary& rotary, const RowBatch& batch, Range rows, float* cosine,
                       float* sine) {
  const auto n_pairs = static_cast<std::int64_t>(rotary.inverse_frequencies.size());
  cosine += rows.begin * n_pairs;
  sine += rows.begin * n_pairs;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    for (const double frequency : rotary.inverse_frequencies) {
      // Transformers multiplies position and frequency in float32.
      const float angle = static_cast<float>(batch.position(row)) * static_cast<float>(frequency);
      *cosine++ = static_cast<float>(std::cos(angle) * rotary.attention_factor);
      *sine++ = static_cast<float>(std::sin(angle) * rotary.attention_factor);
    }
  }
}

void normalize_heads(const BlockSpec& spec, const NormWeights& norm, std::int64_t n_heads,
                     float* heads) {
  for (std::int64_t h = 0; h < n_heads; ++h) {
    float* head = heads + h * spec.d_head;
    rms_norm_row(head, norm.weight.data(), spec.norm_epsilon, spec.d_head, head);
  }
}

void rotate_heads(const BlockSpec& spec, const float* cosine, const float* sine,
                  std::int64_t n_heads, float* heads) {
  const auto n_pairs = static_cast<std::int64_t>(spec.rotary->inverse_frequencies.size());
  for (std::int64_t h = 0; h < n_heads; ++h) {
    rotate_half(heads + h * spec.d_head, cosine, sine, n_pairs);
  }
}

}  // namespace headlens
