#pragma once

#include <cstdint>

namespace headlens {

/// Columns of one panel: the width in which packed weights, keys and values are laid out.
inline constexpr std::int64_t kPanelColumns = 64;

/// Where a panel's products go: c = partial + sum + bias + c, from the left, each where it is
/// there.
struct PanelOutput {
  float* c;
  std::int64_t c_stride;
  std::int64_t columns;            ///< 1..64
  bool accumulate = false;         ///< add to c instead of overwriting it
  const float* bias = nullptr;     ///< [columns]
  const float* partial = nullptr;  ///< [rows, kPanelColumns], sums over inputs before
};

/// sum_k a[r, k] * b[k, j] for one panel of at most kPanelColumns columns, float32. Few rows take
/// each number of the panel from memory once; many leave the panel in the L2 cache. The sum runs
/// over k in order, so a row's result does not depend on the rows beside it.
/// a and c need no padding; b must be readable up to the next multiple of 16 columns.
/// @param ahead  where the next panel's depth * columns numbers begin: they are brought to cache
///     meanwhile, so that reading them later overlaps with multiplying now; null if nothing follows
/// Strides are in elements.
void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, const float* b,
                    std::int64_t b_stride, std::int64_t depth, const PanelOutput& out,
                    const float* ahead = nullptr);

}  // namespace headlens
