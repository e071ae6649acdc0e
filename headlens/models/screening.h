#pragma once

#include <cstdint>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/kernels/packed_linear.h"
#include "headlens/tensor/stored_tensor.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// The unembedding a second time, in bf16, to find the few vocabulary entries whose exact logits
/// are worth computing. A bf16 logit differs from the exact one by at most
///   |x - b(x)| |w| + |b(x)| |w - b(w)|     (Cauchy-Schwarz; b rounds to bf16)
/// plus rounding in the sum, so that no entry that belongs to the top k is ever missed.
struct Screening {
  static constexpr std::int64_t kBoundColumns = 1024;

  PackedLinear unembedding;
  StoredTensor table;  ///< [vocab, d_model] as stored
  Tensor bias;         ///< [vocab], empty without
  /// Largest |w| and |w - b(w)| of each kBoundColumns entries.
  std::vector<float> largest_norm, largest_error;

  /// @param scratch  [d_model]
  float exact_logit(const float* x, std::int32_t id, float* scratch) const;
};

Screening make_screening(const StoredTensor& table, Tensor bias);

/// What the bound needs to know of one row of inputs.
struct ScreeningBound {
  float norm = 0;           ///< |x|
  float rounded_norm = 0;   ///< |b(x)|
  float rounding_norm = 0;  ///< |x - b(x)|

  /// How far bf16 logits of these columns can lie from the exact ones.
  float margin(const Screening& screening, Range columns) const;

 private:
  float summation_error(float weight_norm, const StoredTensor& table) const;
};

std::vector<ScreeningBound> screening_bounds(const float* x, std::int64_t rows, std::int64_t width);

}  // namespace headlens
