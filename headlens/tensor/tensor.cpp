#include "headlens/tensor/tensor.h"

#include <algorithm>

namespace headlens {

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), buffer_(headlens::element_count(shape_)) {}

Tensor Tensor::zeros(Shape shape) {
  Tensor tensor(std::move(shape));
  std::ranges::fill(tensor.values(), 0.0f);
  return tensor;
}

Tensor Tensor::clone() const {
  Tensor copy(shape_);
  std::ranges::copy(values(), copy.data());
  return copy;
}

void Tensor::reshape(Shape shape) {
  if (headlens::element_count(shape) != element_count()) {
    throw ShapeError("reshape", std::to_string(element_count()) + " elements", to_string(shape));
  }
  shape_ = std::move(shape);
}

}  // namespace headlens
