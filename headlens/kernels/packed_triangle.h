#pragma once

#include <cstdint>

#include "headlens/kernels/transposed_product.h"

namespace headlens {

/// A lower triangular matrix in float32 as apply_triangle_twice() reads it: sixteen rows after
/// sixteen, each up to the end of its diagonal block, with zeros right of the diagonal.
/// Floats that an [n, n] matrix takes.
std::int64_t packed_triangle_size(std::int64_t n);

/// Numbers of the vectors that it is multiplied with: n up to whole blocks.
std::int64_t padded_triangle_rows(std::int64_t n);

void pack_triangle(std::int64_t n, StridedMatrix<const double> lower, float* packed);

/// out = L^T (L x), in one reading of L. On the calling thread alone.
/// @param x    [padded_triangle_rows(n)]; what lies beyond n must be finite
/// @param out  the same; zeros beyond n
void apply_triangle_twice(std::int64_t n, const float* packed, const float* x, float* out);

}  // namespace headlens
