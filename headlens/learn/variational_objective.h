#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/tensor/aligned_buffer.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Nats that labels cost by a linear classifier whose weights are sent as independent Gaussians
/// N(mean, deviation^2) under the prior N(0, prior^2), by bits-back coding (Hinton and van Camp
/// 1993): the exact Kullback-Leibler divergence of the weights, and an upper bound of the labels'
/// expected cross-entropy, Knowles and Minka's (2011) tilted one,
///     E log sum_c exp z_c <= 1/2 sum_c a_c^2 v_c + log sum_c exp(m_c + (1 - 2 a_c) v_c / 2),
/// at the a that make it least, where z_c is Gaussian with mean m_c = x mean_c and variance
/// v_c = x^2 deviation_c^2. States get a column of ones for the intercepts, which are sent as the
/// weights are.
class VariationalObjective {
 public:
  /// @param x       [n_rows, n_columns], standardised; copied
  /// @param labels  [n_rows], 0 .. n_classes - 1
  VariationalObjective(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                       int n_classes);

  std::int64_t n_weights() const { return n_features_ * n_classes_; }
  void set_prior(double deviation) { prior_ = deviation; }

  /// @param point     [2, n_columns + 1, n_classes]: means, then log deviations; the intercepts are
  ///     the last feature
  /// @param gradient  as point
  /// @return  nats; float32 products, sums in double
  double operator()(std::span<const double> point, std::span<double> gradient);

  // Of the last call.
  double data_nats() const { return data_nats_; }
  double weight_nats() const { return weight_nats_; }

 private:
  void run_part(int part);
  double divergence(std::span<const double> point, std::span<double> gradient) const;

  std::int64_t n_rows_, n_features_, n_classes_, stride_;
  std::vector<std::int32_t> labels_;
  AlignedBuffer<float> x_, squares_;        ///< [n_rows, n_features]
  AlignedBuffer<float> means_, variances_;  ///< [n_features, stride]
  AlignedBuffer<float> scores_, spreads_;   ///< [n_rows, stride]: m and v, then their gradients
  AlignedBuffer<double> d_means_, d_variances_;  ///< [kWorkParts, n_features, stride]
  std::vector<double> part_nats_;
  double prior_ = 1, data_nats_ = 0, weight_nats_ = 0;
};

}  // namespace headlens
