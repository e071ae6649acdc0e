#include "headlens/learn/adam_network.h"

#include <algorithm>
#include <cmath>

#include "headlens/kernels/softmax.h"

namespace headlens {

AdamNetwork::AdamNetwork(std::int64_t n_columns, std::int64_t hidden, bool rectified,
                         std::int64_t n_classes, std::int64_t max_rows, const AdamOptions& adam)
    : n_columns_(n_columns),
      x_stride_(n_columns + 1),
      rectified_(rectified),
      x_(max_rows * x_stride_) {
  if (hidden > 0) {
    layers_.emplace_back(n_columns, hidden, adam);
    hidden_.resize(max_rows * layers_[0].output_stride());
    d_hidden_.resize(hidden_.size());
    dropped_.resize(hidden_.size());
  }
  layers_.emplace_back(hidden > 0 ? hidden : n_columns, n_classes, adam);
  logits_.resize(max_rows * layers_.back().output_stride());
}

std::int64_t AdamNetwork::n_parameters() const {
  std::int64_t n = 0;
  for (const DenseLayer& layer : layers_) n += layer.n_parameters();
  return n;
}

void AdamNetwork::load(std::span<const float> parameters) {
  for (DenseLayer& layer : layers_) {
    layer.load(parameters.first(layer.n_parameters()));
    parameters = parameters.subspan(layer.n_parameters());
  }
}

std::vector<float> AdamNetwork::save() const {
  std::vector<float> parameters;
  for (const DenseLayer& layer : layers_) {
    const std::vector<float> own = layer.save();
    parameters.insert(parameters.end(), own.begin(), own.end());
  }
  return parameters;
}

std::vector<float> AdamNetwork::draw(std::mt19937_64& random) const {
  std::vector<float> parameters;
  for (const DenseLayer& layer : layers_) {
    const auto reach = static_cast<float>(1 / std::sqrt(static_cast<double>(layer.inputs())));
    std::uniform_real_distribution<float> uniform(-reach, reach);
    for (std::int64_t i = 0; i < layer.n_parameters(); ++i) parameters.push_back(uniform(random));
  }
  return parameters;
}

void AdamNetwork::forward(TensorView<const float, 2> x, std::span<const std::int32_t> rows,
                          double dropout, std::mt19937_64& random) {
  n_rows_ = static_cast<std::int64_t>(rows.size());
  for (std::int64_t r = 0; r < n_rows_; ++r) {
    std::copy_n(x.data() + rows[r] * x.stride(0), n_columns_, x_.data() + r * x_stride_);
    x_[r * x_stride_ + n_columns_] = 1;
  }
  layers_[0].forward(x_.data(), x_stride_, n_rows_, has_hidden() ? hidden_.data() : logits_.data());
  if (!has_hidden()) return;
  activate(dropout, random);
  layers_[1].forward(hidden_.data(), layers_[0].output_stride(), n_rows_, logits_.data());
}

std::span<const float> AdamNetwork::logits(std::int64_t row) const {
  return std::span(logits_).subspan(row * layers_.back().output_stride(), layers_.back().outputs());
}

double AdamNetwork::turn_into_gradient(std::span<const std::int32_t> classes) {
  double loss = 0;
  const std::int64_t n_classes = layers_.back().outputs();
  for (std::int64_t r = 0; r < n_rows_; ++r) {
    float* z = logits_.data() + r * layers_.back().output_stride();
    const LogSumExp whole = log_sum_exp(z, n_classes);
    loss += std::log(whole.sum) + whole.maximum - z[classes[r]];
    softmax_row(z, n_classes);
    z[classes[r]] -= 1;
    scale_row(z, 1.0f / static_cast<float>(n_rows_), n_classes);
  }
  return loss;
}

void AdamNetwork::learn() {
  if (!has_hidden()) return layers_[0].learn(x_.data(), x_stride_, logits_.data(), n_rows_);
  const std::int64_t stride = layers_[0].output_stride();
  layers_[1].backward_input(logits_.data(), n_rows_, d_hidden_.data(), stride);
  for (std::int64_t i = 0; i < n_rows_ * stride; ++i) {
    const bool passes = rectified_ ? hidden_[i] > 0 : !dropped_[i];
    d_hidden_[i] = passes ? d_hidden_[i] * keep_scale_ : 0;
  }
  layers_[1].learn(hidden_.data(), stride, logits_.data(), n_rows_);
  layers_[0].learn(x_.data(), x_stride_, d_hidden_.data(), n_rows_);
}

void AdamNetwork::activate(double dropout, std::mt19937_64& random) {
  const std::int64_t width = layers_[0].outputs(), stride = layers_[0].output_stride();
  std::bernoulli_distribution drops(dropout);
  keep_scale_ = static_cast<float>(1 / (1 - dropout));
  for (std::int64_t r = 0; r < n_rows_; ++r) {
    float* row = hidden_.data() + r * stride;
    for (std::int64_t i = 0; i < width; ++i) {
      const bool dropped = dropout > 0 && drops(random);
      dropped_[r * stride + i] = dropped;
      row[i] = dropped || (rectified_ && row[i] < 0) ? 0 : row[i] * keep_scale_;
    }
    row[width] = 1;
  }
}

}  // namespace headlens
