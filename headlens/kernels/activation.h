#pragma once

#include <cstdint>
#include <string_view>

namespace headlens {

enum class Activation : std::uint8_t {
  gelu,       ///< x Phi(x), exact (erf); Hendrycks and Gimpel 2016
  gelu_tanh,  ///< its tanh approximation, as GPT-2 was trained with
  relu,
  silu,  ///< x sigmoid(x)
  tanh,
};

std::string_view to_string(Activation activation);

/// y[i] = f(x[i]); y may be x.
void activate(Activation activation, const float* x, std::int64_t n, float* y);

/// y[i] = f(gate[i]) * up[i], the gated MLP's middle (Shazeer 2020); y may be gate or up.
void activate_gated(Activation activation, const float* gate, const float* up, std::int64_t n,
                    float* y);

/// dx[i] = dy[i] f'(x[i]).
void activate_vjp(Activation activation, const float* x, std::int64_t n, const float* dy,
                  float* dx);

/// d_gate[i] = dy[i] f'(gate[i]) up[i]; d_up[i] = dy[i] f(gate[i]).
void activate_gated_vjp(Activation activation, const float* gate, const float* up, std::int64_t n,
                        const float* dy, float* d_gate, float* d_up);

}  // namespace headlens
