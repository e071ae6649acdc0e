#pragma once

#include <cstdint>

#include "headlens/kernels/bf16_panel_product.h"

namespace headlens {

/// multiply_bf16_panel() by float32 instructions, which every processor has.
void portable_multiply_bf16_panel(const BFloat16Pair* a, std::int64_t a_stride, std::int64_t rows,
                                  const BFloat16Pair* b, std::int64_t b_stride, std::int64_t depth,
                                  const PanelOutput& out, const BFloat16Pair* ahead);

}  // namespace headlens
