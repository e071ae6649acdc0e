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

constexpr int kFirstExponent = -3, kMostPriors = 6;

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

/// The exponent of the prior that suits the weights best: prior^2 = mean of m^2 + s^2.
int best_exponent(std::span<const double> point) {
  const std::size_t n = point.size() / 2;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += point[i] * point[i] + std::exp(2 * point[n + i]);
  const double exponent = std::round(0.5 * std::log2(sum / static_cast<double>(n)));
  return std::clamp(static_cast<int>(exponent), kSmallestPriorExponent,
                    kSmallestPriorExponent + kPriors - 1);
}

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
  code.classes = classes_of(labels, {});
  code.n_rows = x.size(0);
  if (code.classes.size() < 2) {
    throw UsageError("every example has label " + std::to_string(code.classes[0]) +
                     "; a code of one class has no length");
  }
  const Tensor standard = Standardizer::fit(x).transform(x);
  const auto n_classes = static_cast<std::int64_t>(code.classes.size());
  const std::vector<std::int32_t> own = places(labels, code.classes);
  VariationalObjective objective(standard.view<2>(), own, static_cast<int>(n_classes));
  int exponent = kFirstExponent;
  Start start(own, x.size(1) + 1, n_classes, std::exp2(exponent));
  Minimum minimum{.point = std::move(start.point)};
  for (int tries = 0; tries < kMostPriors; ++tries) {
    objective.set_prior(std::exp2(exponent));
    const auto function = [&](std::span<const double> point, std::span<double> gradient) {
      return objective(point, gradient);
    };
    const int before = minimum.iterations;
    minimum = minimize(std::move(minimum.point), start.inverse_scales, function, options);
    minimum.iterations += before;
    const int better = best_exponent(minimum.point);
    if (better == exponent || tries + 1 == kMostPriors) break;
    exponent = better;
  }
  std::vector<double> gradient(minimum.point.size());
  objective(minimum.point, gradient);
  code.data_bits = objective.data_nats() / std::numbers::ln2;
  code.weight_bits = objective.weight_nats() / std::numbers::ln2;
  code.prior_bits = std::log2(kPriors);
  code.code_length_bits = code.data_bits + code.weight_bits + code.prior_bits;
  code.uniform_bits = static_cast<double>(x.size(0)) * std::log2(static_cast<double>(n_classes));
  code.compression = code.uniform_bits / code.code_length_bits;
  code.prior_deviation = std::exp2(exponent);
  const auto half = static_cast<std::ptrdiff_t>(minimum.point.size() / 2);
  code.means.assign(minimum.point.begin(), minimum.point.begin() + half);
  for (auto it = minimum.point.begin() + half; it != minimum.point.end(); ++it) {
    code.deviations.push_back(std::exp(*it));
  }
  code.accuracy = accuracy_of(standard.view<2>(), own, code.means, n_classes);
  code.iterations = minimum.iterations;
  code.converged = minimum.converged;
  return code;
}

}  // namespace headlens
