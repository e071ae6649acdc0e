#include "headlens/learn/row_curvatures.h"

#include <cmath>

namespace headlens {
namespace {

/// p (1 - p), of an error p or p - 1, with the digits of what is small.
float spread(float error) {
  const float size = std::abs(error);
  return size * (1 - size);
}

}  // namespace

void mean_curvatures(const ClassCoordinates& coordinates, std::span<const float> weights,
                     const float* errors, std::span<float> curvatures) {
  const float share = (coordinates.is_binary() ? 0.5f : 1.0f) / coordinates.n_columns;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    float trace = 0;
    for (int c = 0; c < coordinates.n_classes; ++c) trace += spread(*errors++);
    curvatures[i] = weights[i] * share * trace;
  }
}

void class_curvatures(const ClassCoordinates& coordinates, int class_index,
                      std::span<const float> weights, const float* errors,
                      std::span<float> curvatures) {
  const auto stride = static_cast<std::size_t>(coordinates.n_classes);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    curvatures[i] = weights[i] * spread(errors[i * stride + class_index]);
  }
}

}  // namespace headlens
