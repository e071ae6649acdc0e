#pragma once

#include <cstdint>

#include "headlens/kernels/bfloat16.h"

namespace headlens {

/// Columns of one panel: the width in which packed weights, keys and values are laid out.
inline constexpr std::int64_t kPanelColumns = 64;

/// c[r, j] (+)= sum_k a[r, k] * b[k, j] for one panel of at most kPanelColumns columns, float32.
/// Made for few rows, which take each number of the panel from memory once. The sum runs over k in
/// order, so a row's result does not depend on the rows beside it.
/// @param columns  1..64; a and c need no padding, b must be readable up to the next multiple of 16
/// @param accumulate  add to c instead of overwriting it
/// @param ahead  where the next panel's depth * columns numbers begin: they are brought to cache
///     meanwhile, so that reading them later overlaps with multiplying now; null if nothing follows
/// Strides are in elements.
void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                    std::int64_t b_stride, std::int64_t depth, float* c, std::int64_t c_stride,
                    std::int64_t columns, bool accumulate, const float* ahead = nullptr);

}  // namespace headlens
