#include "headlens/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

/// How often each unit is drawn in every resample: [resample, unit].
std::vector<std::uint16_t> draw_counts(const BootstrapOptions& options, std::int64_t n_units) {
  std::mt19937_64 random(options.seed);
  std::vector<std::uint16_t> counts(static_cast<std::size_t>(options.resamples) * n_units);
  for (int r = 0; r < options.resamples; ++r) {
    for (std::int64_t i = 0; i < n_units; ++i) {
      ++counts[r * n_units + static_cast<std::int64_t>(random() % n_units)];
    }
  }
  return counts;
}

}  // namespace

double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<Interval> bootstrap_means(const SampleMatrix& samples,
                                      const BootstrapOptions& options) {
  if (samples.n_units < 1) throw UsageError("a bootstrap needs at least one prompt");
  if (options.resamples < 1) throw UsageError("a bootstrap needs at least one resample");
  if (!(options.confidence > 0 && options.confidence < 1)) {
    throw UsageError("a confidence is between 0 and 1");
  }
  const std::vector<std::uint16_t> counts = draw_counts(options, samples.n_units);
  const double tail = (1 - options.confidence) / 2;
  std::vector<Interval> intervals(samples.n_quantities);
  parallel_for(samples.n_quantities, [&](std::ptrdiff_t quantity) {
    std::vector<double> column(samples.n_units), means(options.resamples);
    for (std::int64_t i = 0; i < samples.n_units; ++i) column[i] = samples(i, quantity);
    for (int r = 0; r < options.resamples; ++r) {
      const std::uint16_t* count = counts.data() + r * samples.n_units;
      double sum = 0;
      for (std::int64_t i = 0; i < samples.n_units; ++i) sum += count[i] * column[i];
      means[r] = sum / static_cast<double>(samples.n_units);
    }
    std::ranges::sort(means);
    intervals[quantity] = {quantile_of_sorted(means, tail), quantile_of_sorted(means, 1 - tail)};
  });
  return intervals;
}

}  // namespace headlens
