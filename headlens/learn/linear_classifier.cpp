#include "headlens/learn/linear_classifier.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

constexpr std::int64_t kRowsOfPart = 64;

/// Four sums, which the compiler keeps in vectors.
double product(const float* x, const double* w, std::int64_t n) {
  double sum[4] = {0, 0, 0, 0};
  std::int64_t j = 0;
  for (; j + 4 <= n; j += 4) {
    for (int k = 0; k < 4; ++k) sum[k] += x[j + k] * w[j + k];
  }
  for (; j < n; ++j) sum[0] += x[j] * w[j];
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

void softmax(std::span<double> scores) {
  const double largest = *std::ranges::max_element(scores);
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
}

}  // namespace

std::vector<double> LinearClassifier::scores(TensorView<const float, 2> x) const {
  if (x.size(1) != n_columns) {
    throw ShapeError("classifier", std::to_string(n_columns) + " columns",
                     std::to_string(x.size(1)));
  }
  const auto n_classes = static_cast<std::int64_t>(classes.size());
  const std::int64_t skipped = n_classes - n_scores();
  std::vector<double> result(x.size(0) * n_classes);
  parallel_for((x.size(0) + kRowsOfPart - 1) / kRowsOfPart, [&](std::ptrdiff_t part) {
    const std::int64_t end = std::min(x.size(0), (part + 1) * kRowsOfPart);
    for (std::int64_t i = part * kRowsOfPart; i < end; ++i) {
      double* row = result.data() + i * n_classes + skipped;
      for (std::int64_t c = 0; c < n_scores(); ++c) {
        row[c] = product(x.data() + i * x.stride(0), weights.data() + c * n_columns, n_columns) +
                 intercepts[c];
      }
    }
  });
  return result;
}

std::vector<std::int32_t> LinearClassifier::predict(TensorView<const float, 2> x) const {
  const std::vector<double> all = scores(x);
  std::vector<std::int32_t> labels(x.size(0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = std::span(all).subspan(i * classes.size(), classes.size());
    labels[i] = classes[std::ranges::max_element(row) - row.begin()];
  }
  return labels;
}

std::vector<double> LinearClassifier::probabilities(TensorView<const float, 2> x) const {
  std::vector<double> all = scores(x);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    softmax(std::span(all).subspan(i * classes.size(), classes.size()));
  }
  return all;
}

}  // namespace headlens
