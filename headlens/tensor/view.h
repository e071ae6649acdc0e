#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace headlens {

/// A strided window of known rank onto numbers that someone else owns. Strides are in elements and
/// the last axis is contiguous.
template <typename T, int Rank>
class TensorView {
 public:
  TensorView() = default;
  TensorView(T* data, std::array<std::int64_t, Rank> shape) : data_(data), shape_(shape) {
    std::int64_t stride = 1;
    for (int axis = Rank - 1; axis >= 0; --axis) {
      strides_[axis] = stride;
      stride *= shape[axis];
    }
  }
  TensorView(T* data, std::array<std::int64_t, Rank> shape, std::array<std::int64_t, Rank> strides)
      : data_(data), shape_(shape), strides_(strides) {}

  T* data() const { return data_; }
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t stride(int axis) const { return strides_[axis]; }
  const std::array<std::int64_t, Rank>& shape() const { return shape_; }

  template <typename... Index>
  requires(sizeof...(Index) == Rank) T& operator()(Index... index) const {
    const std::array<std::int64_t, Rank> at{static_cast<std::int64_t>(index)...};
    std::int64_t offset = 0;
    for (int axis = 0; axis < Rank; ++axis) offset += at[axis] * strides_[axis];
    return data_[offset];
  }

  /// The sub-view at index i of the first axis.
  TensorView<T, Rank - 1> operator[](std::int64_t i) const requires(Rank > 1) {
    std::array<std::int64_t, Rank - 1> shape{}, strides{};
    for (int axis = 1; axis < Rank; ++axis) {
      shape[axis - 1] = shape_[axis];
      strides[axis - 1] = strides_[axis];
    }
    return {data_ + i * strides_[0], shape, strides};
  }

 private:
  T* data_ = nullptr;
  std::array<std::int64_t, Rank> shape_{};
  std::array<std::int64_t, Rank> strides_{};
};

}  // namespace headlens
