#include "headlens/learn/standardizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

/// Chan, Golub and LeVeque's (1983) bound on the error of a variance in two passes.
bool is_constant(double variance, double mean, double n) {
  constexpr double kRounding = std::numeric_limits<double>::epsilon();
  return variance <= n * kRounding * variance + std::pow(n * mean * kRounding, 2);
}

/// Calls body(row, weight) for each row that has a weight, in order.
template <typename Body>
void for_rows(TensorView<const float, 2> x, std::span<const float> weights, const Body& body) {
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    if (weight != 0) body(x.data() + i * x.stride(0), weight);
  }
}

}  // namespace

Standardizer Standardizer::fit(TensorView<const float, 2> x, std::span<const float> row_weights) {
  if (!row_weights.empty() && static_cast<std::int64_t>(row_weights.size()) != x.size(0)) {
    throw ShapeError("standardizer", std::to_string(x.size(0)) + " weights",
                     std::to_string(row_weights.size()));
  }
  double total = 0;
  for_rows(x, row_weights, [&](const float*, double weight) { total += weight; });
  if (!(total > 0)) throw UsageError("columns cannot be standardised: no row has a weight");
  const std::int64_t n = x.size(1);
  Standardizer made{std::vector<double>(n), std::vector<double>(n)};
  // Threads take columns, a cache line each at least.
  constexpr std::int64_t kColumns = 64;
  parallel_for((n + kColumns - 1) / kColumns, [&](std::ptrdiff_t part) {
    const std::int64_t first = part * kColumns, end = std::min(n, first + kColumns);
    for_rows(x, row_weights, [&](const float* row, double weight) {
      for (std::int64_t j = first; j < end; ++j) made.mean[j] += weight * row[j];
    });
    for (std::int64_t j = first; j < end; ++j) made.mean[j] /= total;
    for_rows(x, row_weights, [&](const float* row, double weight) {
      for (std::int64_t j = first; j < end; ++j) {
        const double off = row[j] - made.mean[j];
        made.deviation[j] += weight * off * off;
      }
    });
    for (std::int64_t j = first; j < end; ++j) {
      const double variance = made.deviation[j] / total;
      made.deviation[j] = is_constant(variance, made.mean[j], total) ? 1 : std::sqrt(variance);
    }
  });
  return made;
}

Tensor Standardizer::transform(TensorView<const float, 2> x) const {
  const std::int64_t n = x.size(1);
  if (n != static_cast<std::int64_t>(mean.size())) {
    throw ShapeError("standardizer", std::to_string(mean.size()) + " columns", std::to_string(n));
  }
  Tensor result({x.size(0), n});
  parallel_for(x.size(0), [&](std::ptrdiff_t i) {
    const float* in = x.data() + i * x.stride(0);
    float* out = result.data() + i * n;
    for (std::int64_t j = 0; j < n; ++j) {
      out[j] = static_cast<float>((in[j] - mean[j]) / deviation[j]);
    }
  });
  return result;
}

}  // namespace headlens
