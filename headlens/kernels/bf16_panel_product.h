#pragma once

#include <cstdint>

#include "headlens/kernels/panel_product.h"

namespace headlens {

/// Two neighbouring bf16 inputs, the first in the lower half: what one instruction multiplies.
using BFloat16Pair = std::uint32_t;

/// Whether this processor multiplies bf16 itself (AVX-512 BF16).
bool has_bf16_instructions();

/// multiply_panel() on pairs of bf16 inputs with float32 sums: strides of a and b and the depth
/// count pairs. Sums run over pairs in order, within a pair the second first. Where the processor
/// has no instruction for it, it gives the products of the same rounded numbers, and saves no time.
void multiply_bf16_panel(const BFloat16Pair* a, std::int64_t a_stride, std::int64_t rows,
                         const BFloat16Pair* b, std::int64_t b_stride, std::int64_t depth,
                         const PanelOutput& out, const BFloat16Pair* ahead = nullptr);

}  // namespace headlens
