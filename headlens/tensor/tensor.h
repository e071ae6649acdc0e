#pragma once

#include <cstdint>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/tensor/aligned_buffer.h"
#include "headlens/tensor/shape.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// A dense float32 tensor in C order that owns its memory. Movable; copies are explicit.
class Tensor {
 public:
  Tensor() = default;
  /// Contents are not set.
  explicit Tensor(Shape shape);
  static Tensor zeros(Shape shape);
  Tensor clone() const;

  const Shape& shape() const { return shape_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t element_count() const { return buffer_.size(); }
  bool empty() const { return buffer_.size() == 0; }

  float* data() { return buffer_.data(); }
  const float* data() const { return buffer_.data(); }
  std::span<float> values() { return {data(), static_cast<std::size_t>(element_count())}; }
  std::span<const float> values() const {
    return {data(), static_cast<std::size_t>(element_count())};
  }

  /// @throws ShapeError  if the tensor's rank is not Rank
  template <int Rank>
  TensorView<float, Rank> view() {
    return {data(), fixed_shape<Rank>()};
  }
  template <int Rank>
  TensorView<const float, Rank> view() const {
    return {data(), fixed_shape<Rank>()};
  }

  /// The same numbers under another shape.
  /// @throws ShapeError  if the element counts differ
  void reshape(Shape shape);

 private:
  template <int Rank>
  std::array<std::int64_t, Rank> fixed_shape() const {
    if (rank() != Rank) {
      throw ShapeError("view", "rank " + std::to_string(Rank), to_string(shape_));
    }
    std::array<std::int64_t, Rank> fixed{};
    for (int axis = 0; axis < Rank; ++axis) fixed[axis] = shape_[axis];
    return fixed;
  }

  Shape shape_;
  AlignedBuffer<float> buffer_;
};

}  // namespace headlens
