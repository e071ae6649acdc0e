#pragma once

#include <span>

#include "headlens/learn/class_coordinates.h"

namespace headlens {

// How sharply each example's loss bends, [n_rows], from its weight and the errors [n_rows,
// n_classes] of softmax_loss(): diag(p) - p p^T is the Hessian in the example's scores.

/// weight * mean of the Hessian's eigenvalues that are not 0; for the one sigmoid p (1 - p).
void mean_curvatures(const ClassCoordinates& coordinates, std::span<const float> weights,
                     const float* errors, std::span<float> curvatures);

/// weight * p_c (1 - p_c), the Hessian's diagonal at one class.
void class_curvatures(const ClassCoordinates& coordinates, int class_index,
                      std::span<const float> weights, const float* errors,
                      std::span<float> curvatures);

}  // namespace headlens
