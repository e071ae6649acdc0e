#pragma once

#include <cstdint>

namespace headlens {

/// y += x, for n numbers.
void add_row(const float* x, std::int64_t n, float* y);
/// y -= x, for n numbers.
void subtract_row(const float* x, std::int64_t n, float* y);
/// out = a - b, for n numbers; out may be a or b.
void difference_row(const float* a, const float* b, std::int64_t n, float* out);

}  // namespace headlens
