#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "headlens/learn/dense_layer.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// The layers of a probe by Adam, and what they compute for one batch.
class AdamNetwork {
 public:
  /// @param hidden     0 for one layer alone
  /// @param rectified  whether the hidden layer has ReLU
  AdamNetwork(std::int64_t n_columns, std::int64_t hidden, bool rectified, std::int64_t n_classes,
              std::int64_t max_rows, const AdamOptions& adam);

  std::int64_t n_parameters() const;
  /// As AdamProbe::parameters().
  void load(std::span<const float> parameters);
  std::vector<float> save() const;
  /// As PyTorch's Linear layers begin: uniform within 1 / sqrt(inputs).
  std::vector<float> draw(std::mt19937_64& random) const;

  /// @param rows     of x, at most max_rows
  /// @param dropout  0 for none
  void forward(TensorView<const float, 2> x, std::span<const std::int32_t> rows, double dropout,
               std::mt19937_64& random);
  std::span<const float> logits(std::int64_t row) const;
  /// Sum of the rows' losses in nats; logits become the gradient of their mean.
  double turn_into_gradient(std::span<const std::int32_t> classes);
  /// Takes an Adam step along that gradient.
  void learn();

 private:
  bool has_hidden() const { return layers_.size() == 2; }
  void activate(double dropout, std::mt19937_64& random);

  std::int64_t n_columns_, x_stride_, n_rows_ = 0;
  bool rectified_;
  std::vector<DenseLayer> layers_;
  std::vector<float> x_, hidden_, d_hidden_, logits_;
  std::vector<std::uint8_t> dropped_;  ///< as hidden_
  float keep_scale_ = 1;
};

}  // namespace headlens
