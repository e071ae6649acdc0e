#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/adam.h"

namespace headlens {

/// y = x W^T + b of a small network in training. Inputs have a last column of ones, which the bias
/// belongs to; rows are padded to whole vectors.
class DenseLayer {
 public:
  DenseLayer(std::int64_t inputs, std::int64_t outputs, const AdamOptions& options);

  std::int64_t inputs() const { return inputs_; }
  std::int64_t outputs() const { return outputs_; }
  /// Of a row of its outputs with room for the next layer's column of ones.
  std::int64_t output_stride() const { return stride_; }
  std::int64_t n_parameters() const { return outputs_ * (inputs_ + 1); }

  /// From PyTorch's Linear: weight [outputs, inputs], then bias [outputs].
  void load(std::span<const float> parameters);
  std::vector<float> save() const;

  /// @param x  [rows, x_stride], @param y  [rows, output_stride()]
  void forward(const float* x, std::int64_t x_stride, std::int64_t rows, float* y) const;
  /// @param dy  [rows, output_stride()], @param dx  [rows, dx_stride], without the ones
  void backward_input(const float* dy, std::int64_t rows, float* dx, std::int64_t dx_stride) const;
  /// Takes an Adam step along the gradient of the parameters.
  void learn(const float* x, std::int64_t x_stride, const float* dy, std::int64_t rows);

 private:
  std::int64_t inputs_, outputs_, stride_;
  std::vector<float> weights_;    ///< [inputs + 1, stride]
  std::vector<double> gradient_;  ///< the same
  Adam adam_;
};

}  // namespace headlens
