#include "headlens/learn/class_coordinates.h"

#include <cmath>

namespace headlens {

ClassCoordinates::ClassCoordinates(int k) : n_classes(k), n_columns(k - 1), shared(1), last(1) {
  if (is_binary()) return;
  const double root = 1 / std::sqrt(static_cast<double>(k));
  shared = (1 - root) / n_columns;
  last = -root;
}

void ClassCoordinates::reduce(const double* scores, double* reduced) const {
  double sum = 0;
  for (int c = 0; c < n_columns; ++c) sum += scores[c];
  for (int c = 0; c < n_columns; ++c) {
    reduced[c] = scores[c] - shared * sum + last * scores[n_columns];
  }
}

void ClassCoordinates::expand(const double* reduced, double* scores) const {
  double sum = 0;
  for (int c = 0; c < n_columns; ++c) sum += reduced[c];
  for (int c = 0; c < n_columns; ++c) scores[c] = reduced[c] - shared * sum;
  scores[n_columns] = last * sum;
}

void ClassCoordinates::expand_one(int class_index, std::int64_t n_rows, const float* reduced,
                                  std::int64_t stride, float* scores) const {
  for (std::int64_t i = 0; i < n_rows; ++i) {
    const float* row = reduced + i * stride;
    float sum = 0;
    for (int c = 0; c < n_columns; ++c) sum += row[c];
    scores[i] = class_index == n_columns ? static_cast<float>(last) * sum
                                         : row[class_index] - static_cast<float>(shared) * sum;
  }
}

}  // namespace headlens
