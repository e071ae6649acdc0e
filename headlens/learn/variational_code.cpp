#include "headlens/learn/variational_code.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/learn/class_weights.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/standardizer.h"
#include "headlens/learn/variational_objective.h"

namespace headlens {
namespace {

constexpr int kFirstExponent = -3;

std::vector<std::int32_t> places(std::span<const std::int32_t> labels,
                                 const std::vector<std::int32_t>& classes) {
  std::vector<std::int32_t> own;
  for (const std::int32_t label : labels) {
    const auto place = std::ranges::lower_bound(classes, label) - classes.begin();
    own.push_back(static_cast<std::int32_t>(place));
  }
  return own;
}

/// Weights of a class differ from nothing about as much as their posterior is wide: both begin at
/// the curvature that the class has where all words have the classes' shares.
struct Start {
  std::vector<double> point, inverse_scales;

  Start(std::span<const std::int32_t> own, std::int64_t n_features, std::int64_t n_classes,
        double prior) {
    std::vector<double> shares(n_classes, 0.0);
    const auto n = static_cast<double>(own.size());
    for (const std::int32_t c : own) shares[c] += 1 / n;
    const std::int64_t n_weights = n_features * n_classes;
    point.resize(2 * n_weights);
    inverse_scales.resize(2 * n_weights);
    for (std::int64_t i = 0; i < n_weights; ++i) {
      const double share = shares[i % n_classes];
      const double curvature = n * share * (1 - share) + 1 / (prior * prior);
      point[n_weights + i] = -0.5 * std::log(curvature);
      inverse_scales[i] = 1 / curvature;
      inverse_scales[n_weights + i] = 0.5;
    }
  }
};

/// The prior 2^exponent with which the code is shortest, and that code's weights.
class PriorSearch {
 public:
  PriorSearch(VariationalObjective& objective, Start start, const MinimizeOptions& options)
      : objective_(objective), start_(std::move(start)), options_(options) {
    best_.point = start_.point;
    best_ = solve(kFirstExponent);
    exponent_ = kFirstExponent;
    const int suited = suited_exponent();
    if (suited != exponent_) take(suited, solve(suited));
    const bool went_up = climb(1);
    if (!went_up) climb(-1);
  }

  int exponent() const { return exponent_; }
  const Minimum& best() const { return best_; }
  int iterations() const { return iterations_; }

 private:
  /// From the best weights that are known.
  Minimum solve(int exponent) {
    objective_.set_prior(std::exp2(exponent));
    const auto function = [&](std::span<const double> point, std::span<double> gradient) {
      return objective_(point, gradient);
    };
    Minimum found = minimize(best_.point, start_.inverse_scales, function, options_);
    iterations_ += found.iterations;
    return found;
  }

  void take(int exponent, Minimum found) {
    if (!(found.value < best_.value)) return;
    best_ = std::move(found);
    exponent_ = exponent;
  }

  /// Whether a step that way was better.
  bool climb(int direction) {
    const int first = exponent_;
    for (int next = exponent_ + direction; is_prior(next); next += direction) {
      take(next, solve(next));
      if (exponent_ != next) break;
    }
    return exponent_ != first;
  }

  static bool is_prior(int exponent) {
    return exponent >= kSmallestPriorExponent && exponent < kSmallestPriorExponent + kPriors;
  }

  /// With these weights the best prior^2 is the mean of m^2 + s^2; new weights may want another.
  int suited_exponent() const {
    const std::size_t n = best_.point.size() / 2;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += best_.point[i] * best_.point[i] + std::exp(2 * best_.point[n + i]);
    }
    const double exponent = std::round(0.5 * std::log2(sum / static_cast<double>(n)));
    return std::clamp(static_cast<int>(exponent), kSmallestPriorExponent,
                      kSmallestPriorExponent + kPriors - 1);
  }

  VariationalObjective& objective_;
  Start start_;
  const MinimizeOptions& options_;
  Minimum best_;
  int exponent_ = 0, iterations_ = 0;
};

double accuracy_of(TensorView<const float, 2> x, std::span<const std::int32_t> own,
                   std::span<const double> means, std::int64_t n_classes) {
  std::int64_t right = 0;
  std::vector<double> scores(n_classes);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double* intercepts = means.data() + x.size(1) * n_classes;
    std::copy_n(intercepts, n_classes, scores.begin());
    for (std::int64_t j = 0; j < x.size(1); ++j) {
      for (std::int64_t c = 0; c < n_classes; ++c) scores[c] += x(i, j) * means[j * n_classes + c];
    }
    right += std::ranges::max_element(scores) - scores.begin() == own[i];
  }
  return static_cast<double>(right) / static_cast<double>(x.size(0));
}

}  // namespace

VariationalCode variational_code(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                                 const MinimizeOptions& options) {
  check_examples(x);
  if (static_cast<std::int64_t>(labels.size()) != x.size(0)) {
    throw ShapeError("variational code", std::to_string(x.size(0)) + " labels",
                     std::to_string(labels.size()));
  }
  VariationalCode code;
  code.classes = classes_to_tell_apart(labels, {});
  code.n_rows = x.size(0);
  const Tensor standard = Standardizer::fit(x).transform(x);
  const auto n_classes = static_cast<std::int64_t>(code.classes.size());
  const std::vector<std::int32_t> own = places(labels, code.classes);
  VariationalObjective objective(standard.view<2>(), own, static_cast<int>(n_classes));
  const PriorSearch search(
      objective, Start(own, x.size(1) + 1, n_classes, std::exp2(kFirstExponent)), options);
  const Minimum& minimum = search.best();
  objective.set_prior(std::exp2(search.exponent()));
  std::vector<double> gradient(minimum.point.size());
  objective(minimum.point, gradient);
  code.data_bits = objective.data_nats() / std::numbers::ln2;
  code.weight_bits = objective.weight_nats() / std::numbers::ln2;
  code.prior_bits = std::log2(kPriors);
  code.code_length_bits = code.data_bits + code.weight_bits + code.prior_bits;
  code.uniform_bits = static_cast<double>(x.size(0)) * std::log2(static_cast<double>(n_classes));
  code.compression = code.uniform_bits / code.code_length_bits;
  code.prior_deviation = std::exp2(search.exponent());
  const auto half = static_cast<std::ptrdiff_t>(minimum.point.size() / 2);
  code.means.assign(minimum.point.begin(), minimum.point.begin() + half);
  for (auto it = minimum.point.begin() + half; it != minimum.point.end(); ++it) {
    code.deviations.push_back(std::exp(*it));
  }
  code.accuracy = accuracy_of(standard.view<2>(), own, code.means, n_classes);
  code.iterations = search.iterations();
  code.converged = minimum.converged;
  return code;
}

}  // namespace headlens
