#pragma once

#include <cstdint>

namespace headlens {

/// Factors of one step of Adam (Kingma and Ba 2015), as PyTorch computes it.
struct AdamFactors {
  float mean_gain;    ///< 1 - beta1
  float square_keep;  ///< beta2
  float size;         ///< learning rate / (1 - beta1^t)
  float root;         ///< sqrt(1 - beta2^t)
  float epsilon;
};

/// mean += (g - mean) * mean_gain; square = square * square_keep + g^2 (1 - square_keep);
/// parameter -= size * mean / (sqrt(square) / root + epsilon), for n numbers.
void adam_step(const double* gradient, std::int64_t n, const AdamFactors& factors, float* mean,
               float* square, float* parameters);

}  // namespace headlens
