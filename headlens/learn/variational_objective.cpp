#include "headlens/learn/variational_objective.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/team.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/transposed_product.h"
#include "headlens/learn/work_parts.h"

namespace headlens {
namespace {

constexpr std::int64_t kBlockRows = 256;

constexpr int kMostTilts = 60;
constexpr double kSettledTilt = 1e-7;

/// One row's bound, minimised over its tilts a, which it is convex in; at the minimum
/// a = softmax(m + (1 - 2a) v / 2). Steps are those of a majorizer (Boehning 1992), which cannot
/// overshoot. The bound holds for any a, so that it need not be the minimum to the last digit.
class TiltedRow {
 public:
  explicit TiltedRow(std::int64_t n) : tilts_(n), shares_(n) {}

  /// m and v become the gradients by m and by v.
  double loss(std::int32_t label, float* m, float* v) {
    const auto n = static_cast<std::int64_t>(tilts_.size());
    const double own = m[label];
    std::ranges::fill(tilts_, 0.5);
    double whole = share(m, v);
    tilts_ = shares_;
    for (int i = 0; i < kMostTilts; ++i) {
      whole = share(m, v);
      double change = 0;
      for (std::int64_t c = 0; c < n; ++c) {
        const double step = (shares_[c] - tilts_[c]) / (1 + v[c] / 2);
        change = std::max(change, std::abs(step));
        if (i + 1 < kMostTilts) tilts_[c] += step;
      }
      if (change < kSettledTilt) break;
    }
    for (std::int64_t c = 0; c < n; ++c) {
      const double a = tilts_[c], p = shares_[c];
      whole += a * a * v[c] / 2;
      m[c] = static_cast<float>(c == label ? p - 1 : p);
      v[c] = static_cast<float>((a * a + (1 - 2 * a) * p) / 2);
    }
    return whole - own;
  }

 private:
  /// log sum exp(m + (1 - 2a) v / 2), and each class's share of the sum.
  double share(const float* m, const float* v) {
    double largest = -INFINITY, sum = 0;
    for (std::size_t c = 0; c < tilts_.size(); ++c) {
      shares_[c] = m[c] + (0.5 - tilts_[c]) * v[c];
      largest = std::max(largest, shares_[c]);
    }
    for (double& value : shares_) sum += value = std::exp(value - largest);
    for (double& value : shares_) value /= sum;
    return largest + std::log(sum);
  }

  std::vector<double> tilts_, shares_;
};

}  // namespace

VariationalObjective::VariationalObjective(TensorView<const float, 2> x,
                                           std::span<const std::int32_t> labels, int n_classes)
    : n_rows_(x.size(0)),
      n_features_(x.size(1) + 1),
      n_classes_(n_classes),
      stride_((n_classes + 15) / 16 * 16),
      labels_(labels.begin(), labels.end()),
      x_(n_rows_ * n_features_),
      squares_(n_rows_ * n_features_),
      means_(n_features_ * stride_),
      variances_(n_features_ * stride_),
      scores_(n_rows_ * stride_),
      spreads_(n_rows_ * stride_),
      d_means_(kWorkParts * n_features_ * stride_),
      d_variances_(kWorkParts * n_features_ * stride_),
      part_nats_(kWorkParts) {
  for (std::int64_t i = 0; i < n_rows_; ++i) {
    for (std::int64_t j = 0; j < n_features_; ++j) {
      const float value = j + 1 < n_features_ ? x(i, j) : 1.0f;
      x_[i * n_features_ + j] = value;
      squares_[i * n_features_ + j] = value * value;
    }
  }
  std::fill_n(means_.data(), means_.size(), 0.0f);
  std::fill_n(variances_.data(), variances_.size(), 0.0f);
}

void VariationalObjective::run_part(int part) {
  const Range rows = part_range(part, n_rows_);
  double* d_means = d_means_.data() + part * n_features_ * stride_;
  double* d_variances = d_variances_.data() + part * n_features_ * stride_;
  std::fill_n(d_means, n_features_ * stride_, 0.0);
  std::fill_n(d_variances, n_features_ * stride_, 0.0);
  TiltedRow tilted(n_classes_);
  double nats = 0;
  for (std::int64_t first = rows.begin; first < rows.end; first += kBlockRows) {
    const std::int64_t n = std::min<std::int64_t>(kBlockRows, rows.end - first);
    const float *x = x_.data() + first * n_features_,
                *square = squares_.data() + first * n_features_;
    float *m = scores_.data() + first * stride_, *v = spreads_.data() + first * stride_;
    for (std::int64_t c = 0; c < n_classes_; c += kPanelColumns) {
      const std::int64_t width = std::min(kPanelColumns, n_classes_ - c);
      multiply_panel(x, n_features_, n, means_.data() + c, stride_, n_features_,
                     {m + c, stride_, width});
      multiply_panel(square, n_features_, n, variances_.data() + c, stride_, n_features_,
                     {v + c, stride_, width});
    }
    for (std::int64_t r = 0; r < n; ++r) {
      nats += tilted.loss(labels_[first + r], m + r * stride_, v + r * stride_);
    }
    add_transposed_product({x, n_features_}, {m, stride_}, n, n_features_, n_classes_,
                           {d_means, stride_});
    add_transposed_product({square, n_features_}, {v, stride_}, n, n_features_, n_classes_,
                           {d_variances, stride_});
  }
  part_nats_[part] = nats;
}

/// KL(N(m, s^2) || N(0, prior^2)) = log(prior / s) + (s^2 + m^2) / (2 prior^2) - 1/2, summed; adds
/// its gradient.
double VariationalObjective::divergence(std::span<const double> point,
                                        std::span<double> gradient) const {
  const double precision = 1 / (prior_ * prior_), log_prior = std::log(prior_);
  double nats = 0;
  for (std::int64_t i = 0; i < n_weights(); ++i) {
    const double mean = point[i], log_s = point[n_weights() + i], variance = std::exp(2 * log_s);
    nats += log_prior - log_s + (variance + mean * mean) * precision / 2 - 0.5;
    gradient[i] += mean * precision;
    gradient[n_weights() + i] += variance * precision - 1;
  }
  return nats;
}

double VariationalObjective::operator()(std::span<const double> point, std::span<double> gradient) {
  for (std::int64_t j = 0; j < n_features_; ++j) {
    for (std::int64_t c = 0; c < n_classes_; ++c) {
      const std::int64_t i = j * n_classes_ + c;
      means_[j * stride_ + c] = static_cast<float>(point[i]);
      variances_[j * stride_ + c] = static_cast<float>(std::exp(2 * point[n_weights() + i]));
    }
  }
  parallel_for(kWorkParts, [&](std::ptrdiff_t part) { run_part(static_cast<int>(part)); });
  data_nats_ = 0;
  for (const double nats : part_nats_) data_nats_ += nats;
  for (std::int64_t j = 0; j < n_features_; ++j) {
    for (std::int64_t c = 0; c < n_classes_; ++c) {
      const std::int64_t i = j * n_classes_ + c, at = j * stride_ + c;
      double by_mean = 0, by_variance = 0;
      for (int part = 0; part < kWorkParts; ++part) {
        by_mean += d_means_[part * n_features_ * stride_ + at];
        by_variance += d_variances_[part * n_features_ * stride_ + at];
      }
      gradient[i] = by_mean;
      gradient[n_weights() + i] = by_variance * 2 * std::exp(2 * point[n_weights() + i]);
    }
  }
  weight_nats_ = divergence(point, gradient);
  return data_nats_ + weight_nats_;
}

}  // namespace headlens
