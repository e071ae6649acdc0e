#pragma once

#include <cstdint>

namespace headlens {

/// In-place softmax of x[0..n); the result sums to 1. n may be 0.
void softmax_row(float* x, std::int64_t n);

/// Multiplies x[0..n) by factor.
void scale_row(float* x, float factor, std::int64_t n);

/// Gradient of a softmax's input: ds[i] = p[i] (dp[i] - sum_j p[j] dp[j]).
/// @param ds  may be dp
void softmax_row_vjp(const float* p, const float* dp, std::int64_t n, float* ds);

struct LogSumExp {
  float maximum;
  double sum;  ///< sum of exp(x - maximum)
};

/// log(sum(exp(x))) = maximum + log(sum), over x[0..n), n >= 1.
LogSumExp log_sum_exp(const float* x, std::int64_t n);

}  // namespace headlens
