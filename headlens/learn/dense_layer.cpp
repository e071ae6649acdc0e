#include "headlens/learn/dense_layer.h"

#include <algorithm>

#include "headlens/base/team.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/transposed_product.h"

namespace headlens {
namespace {

constexpr std::int64_t kRowsOfPart = 32, kInputsOfPart = 96;

/// Calls body(first, size) for consecutive parts of [0, n) on all threads.
template <typename Body>
void for_parts(std::int64_t n, std::int64_t size, const Body& body) {
  parallel_for((n + size - 1) / size,
               [&](std::ptrdiff_t part) { body(part * size, std::min(size, n - part * size)); });
}

}  // namespace

DenseLayer::DenseLayer(std::int64_t inputs, std::int64_t outputs, const AdamOptions& options)
    : inputs_(inputs),
      outputs_(outputs),
      stride_((outputs + 1 + 15) / 16 * 16),
      weights_((inputs + 1) * stride_),
      gradient_(weights_.size()),
      adam_(static_cast<std::int64_t>(weights_.size()), options) {}

void DenseLayer::load(std::span<const float> parameters) {
  for (std::int64_t o = 0; o < outputs_; ++o) {
    for (std::int64_t i = 0; i < inputs_; ++i) {
      weights_[i * stride_ + o] = parameters[o * inputs_ + i];
    }
    weights_[inputs_ * stride_ + o] = parameters[outputs_ * inputs_ + o];
  }
}

std::vector<float> DenseLayer::save() const {
  std::vector<float> parameters(n_parameters());
  for (std::int64_t o = 0; o < outputs_; ++o) {
    for (std::int64_t i = 0; i < inputs_; ++i) {
      parameters[o * inputs_ + i] = weights_[i * stride_ + o];
    }
    parameters[outputs_ * inputs_ + o] = weights_[inputs_ * stride_ + o];
  }
  return parameters;
}

void DenseLayer::forward(const float* x, std::int64_t x_stride, std::int64_t rows, float* y) const {
  for_parts(rows, kRowsOfPart, [&](std::int64_t first, std::int64_t n) {
    for (std::int64_t c = 0; c < outputs_; c += kPanelColumns) {
      multiply_panel(x + first * x_stride, x_stride, n, weights_.data() + c, stride_, inputs_ + 1,
                     {y + first * stride_ + c, stride_, std::min(kPanelColumns, outputs_ - c)});
    }
  });
}

void DenseLayer::backward_input(const float* dy, std::int64_t rows, float* dx,
                                std::int64_t dx_stride) const {
  for_parts(rows, kRowsOfPart, [&](std::int64_t first, std::int64_t n) {
    for (std::int64_t r = first; r < first + n; ++r) {
      for (std::int64_t i = 0; i < inputs_; ++i) {
        float sum = 0;
        for (std::int64_t o = 0; o < outputs_; ++o) {
          sum += dy[r * stride_ + o] * weights_[i * stride_ + o];
        }
        dx[r * dx_stride + i] = sum;
      }
    }
  });
}

void DenseLayer::learn(const float* x, std::int64_t x_stride, const float* dy, std::int64_t rows) {
  std::ranges::fill(gradient_, 0.0);
  for_parts(inputs_ + 1, kInputsOfPart, [&](std::int64_t first, std::int64_t n) {
    add_transposed_product({x + first, x_stride}, {dy, stride_}, rows, n, outputs_,
                           {gradient_.data() + first * stride_, stride_});
  });
  adam_.step(weights_, gradient_);
}

}  // namespace headlens
