#pragma once

#include <cstddef>
#include <cstdint>

#include "headlens/kernels/packed_linear.h"

namespace headlens {

/// How the weights of one inner product are laid out on this processor: in panels, or, of bf16 that
/// oneDNN would rather have another way, row by row.
struct InnerProductLayout {
  std::int64_t out_features = 0;
  std::int64_t in_features = 0;
  std::int64_t byte_size = 0;
  /// Bytes of one panel of kPanelColumns output features, [padded_depth][64] in f32 or
  /// [padded_depth / 2][64][2] in bf16; 0 where rows are stored plainly.
  std::int64_t panel_bytes = 0;
  std::int64_t padded_depth = 0;
  /// Whether run_inner_product() reads it. Without AVX-512 (and its BF16) oneDNN has no kernel for
  /// such panels, and multiply_panel() and multiply_bf16_panel() do all of the work.
  bool for_onednn = true;
};

InnerProductLayout inner_product_layout(std::int64_t out_features, std::int64_t in_features,
                                        Precision precision);

struct InnerProductInput {
  const float* x;
  std::int64_t rows;
  std::int64_t in_features;
  std::int64_t out_features;
};

/// y (+)= x W^T + bias on the calling thread. Primitives are made once a thread and shape (rows are
/// bucketed where many shapes come) and kept.
void run_inner_product(const InnerProductLayout& layout, Precision precision,
                       const InnerProductInput& input, const std::byte* weights, const float* bias,
                       float* y, bool accumulate);

}  // namespace headlens
