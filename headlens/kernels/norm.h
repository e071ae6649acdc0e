#pragma once

#include <cstdint>

namespace headlens {

/// Layer norm (Ba et al. 2016) of one row: y = (x - mean) / scale * weight + bias, with
/// scale = sqrt(variance + epsilon), variance over n (not n - 1).
/// @param weight, bias  [n]; null for none
/// @param y  may be x
/// @return scale
float layer_norm_row(const float* x, const float* weight, const float* bias, double epsilon,
                     std::int64_t n, float* y);

/// RMS norm (Zhang and Sennrich 2019) of one row: y = x / scale * weight, with
/// scale = sqrt(mean(x^2) + epsilon).
/// @param weight  [n]; null for none
/// @param y  may be x
/// @return scale
float rms_norm_row(const float* x, const float* weight, double epsilon, std::int64_t n, float* y);

/// Gradient of a layer norm's input from that of its output before weight and bias:
/// dx += (g - mean(g) - normalized * mean(g * normalized)) / scale.
/// @param normalized  (x - mean) / scale [n]
/// @param g   with respect to normalized [n]
/// @param dx  [n]; is added to
void layer_norm_row_vjp(const float* normalized, float scale, const float* g, std::int64_t n,
                        float* dx);

/// The same for an RMS norm: dx += (g - normalized * mean(g * normalized)) / scale.
void rms_norm_row_vjp(const float* normalized, float scale, const float* g, std::int64_t n,
                      float* dx);

}  // namespace headlens
