#pragma once

#include <cstdint>

namespace headlens {

/// Largest of x[0..n); -infinity for n = 0.
float largest_value(const float* x, std::int64_t n);

struct ExponentialSums {
  double sum;       ///< sum of exp(x - shift)
  double weighted;  ///< sum of exp(x - shift) * x
};

/// @param exponentials  receives exp(x - shift) if not null, [n]
ExponentialSums exponential_sums(const float* x, float shift, std::int64_t n, float* exponentials);

/// Sum of a[i] * b[i]. Partial sums are float32.
float dot_product(const float* a, const float* b, std::int64_t n);

/// Writes the indices of all x[i] >= threshold, in order.
/// @param indices  [n]
/// @return how many there are
std::int64_t find_at_least(const float* x, float threshold, std::int64_t n, std::int32_t* indices);

}  // namespace headlens
