#pragma once

#include <cstdint>

namespace headlens {

/// Rotates one head's vector in place (Su et al. 2021): pair i turns by the angle whose cosine and
/// sine are given, and grows by what multiplies both. Pairs are (i, i + n_pairs), the "rotate half"
/// layout of Hugging Face.
/// @param cosine, sine  [n_pairs] for this position
void rotate_half(float* head, const float* cosine, const float* sine, std::int64_t n_pairs);

/// Gradient of rotate_half()'s input, in place: the rotation back, with the same growth.
void rotate_half_vjp(float* head, const float* cosine, const float* sine, std::int64_t n_pairs);

}  // namespace headlens
