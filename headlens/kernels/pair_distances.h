#pragma once

#include <cstdint>

namespace headlens {

/// Squared Euclidean distances between rows of p [n, width], float32: differences are taken before
/// they are squared, so that nearby rows that lie far from zero lose no digits.
/// @param distances  [n, n], symmetric, zeros on the diagonal
void squared_distances(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                       float* distances);

/// gradient[i] = 2 sum over j of weights[i, j] (p[i] - p[j]): the gradient of
/// 1/2 sum over i, j of weights[i, j] |p[i] - p[j]|^2 for symmetric weights.
/// @param weights   [n, n], symmetric; the diagonal is not read
/// @param gradient  [n, width] with p's stride, overwritten
void pair_gradient(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                   const float* weights, float* gradient);

/// Squared length of each row of p [n, width].
void squared_lengths(const float* p, std::int64_t stride, std::int64_t n, std::int64_t width,
                     float* lengths);

}  // namespace headlens
