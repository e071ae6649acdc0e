#include "headlens/learn/preconditioner.h"

#include <algorithm>

#include "headlens/kernels/packed_triangle.h"

namespace headlens {
namespace {

/// Inverses by class that take more floats than this are not made,
constexpr std::int64_t kMostClassNumbers = std::int64_t{1} << 25;
/// nor those that cost as much to make as this many passes over the examples.
constexpr double kMostPasses = 150;

/// Of one class, as passes: its factor, and its sums over a fifth of the examples.
double passes_of_renewal(std::int64_t n_features, std::int64_t n_examples) {
  const auto n = static_cast<double>(n_features);
  return n * n / (3 * static_cast<double>(n_examples)) + n / 20;
}

}  // namespace

Preconditioner::Preconditioner(std::int64_t n_features, std::int64_t n_examples,
                               const ClassCoordinates& coordinates)
    : n_(n_features),
      n_padded_(padded_triangle_rows(n_)),
      coordinates_(coordinates),
      padded_columns_((coordinates.n_columns + 15) / 16 * 16),
      can_go_by_class_(!coordinates.is_binary() &&
                       coordinates.n_classes * packed_triangle_size(n_) <= kMostClassNumbers &&
                       passes_of_renewal(n_, n_examples) <= kMostPasses),
      shared_(n_),
      gradient_(n_ * padded_columns_),
      product_(n_ * padded_columns_) {
  std::fill_n(gradient_.data(), gradient_.size(), 0.0f);
}

void Preconditioner::begin_renewal() {
  if (!can_go_by_class_ || renewals_++ == 0) return;
  by_class_ = true;
  class_factors_.reserve(coordinates_.n_classes * packed_triangle_size(n_));
  for (auto* vectors : {&class_gradients_, &class_products_}) {
    if (vectors->size() > 0) continue;
    *vectors = AlignedBuffer<float>(coordinates_.n_classes * n_padded_);
    std::fill_n(vectors->data(), vectors->size(), 0.0f);
  }
}

void Preconditioner::take_class(int c, StridedMatrix<const double> inverse_factor) {
  pack_triangle(n_, inverse_factor, class_factors_.data() + c * packed_triangle_size(n_));
}

void Preconditioner::write(std::int64_t feature, const double* gradient) {
  float* row = gradient_.data() + feature * padded_columns_;
  for (int c = 0; c < coordinates_.n_columns; ++c) row[c] = static_cast<float>(gradient[c]);
}

void Preconditioner::apply_class(int c) {
  float* x = of_class(class_gradients_, c);
  coordinates_.expand_one(c, n_, gradient_.data(), padded_columns_, x);
  apply_triangle_twice(n_, class_factors_.data() + c * packed_triangle_size(n_), x,
                       of_class(class_products_, c));
}

void Preconditioner::read(Range features, double* out) {
  const std::int64_t width = coordinates_.n_columns;
  if (!by_class_) {
    shared_.apply(features, gradient_.data(), width, padded_columns_, product_.data());
    for (std::int64_t f = features.begin; f < features.end; ++f) {
      for (std::int64_t c = 0; c < width; ++c) {
        out[f * width + c] = product_[f * padded_columns_ + c];
      }
    }
    return;
  }
  std::vector<double> scores(coordinates_.n_classes);
  for (std::int64_t f = features.begin; f < features.end; ++f) {
    for (int c = 0; c < coordinates_.n_classes; ++c) {
      scores[c] = class_products_[c * n_padded_ + f];
    }
    coordinates_.reduce(scores.data(), out + f * width);
  }
}

}  // namespace headlens
