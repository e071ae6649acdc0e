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

void check(const SampleMatrix& samples, const BootstrapOptions& options) {
  if (samples.n_units < 1) throw UsageError("a bootstrap needs at least one prompt");
  if (options.resamples < 1) throw UsageError("a bootstrap needs at least one resample");
  if (!(options.confidence > 0 && options.confidence < 1)) {
    throw UsageError("a confidence is between 0 and 1");
  }
}

double mean_of_resample(const SampleMatrix& samples, std::int64_t quantity,
                        const std::uint16_t* count) {
  double sum = 0;
  for (std::int64_t i = 0; i < samples.n_units; ++i) sum += count[i] * samples(i, quantity);
  return sum / static_cast<double>(samples.n_units);
}

Interval middle_of(std::vector<double>& values, double confidence) {
  const double tail = (1 - confidence) / 2;
  std::ranges::sort(values);
  return {quantile_of_sorted(values, tail), quantile_of_sorted(values, 1 - tail)};
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
  check(samples, options);
  const std::vector<std::uint16_t> counts = draw_counts(options, samples.n_units);
  std::vector<Interval> intervals(samples.n_quantities);
  parallel_for(samples.n_quantities, [&](std::ptrdiff_t quantity) {
    std::vector<double> means(options.resamples);
    for (int r = 0; r < options.resamples; ++r) {
      means[r] = mean_of_resample(samples, quantity, counts.data() + r * samples.n_units);
    }
    intervals[quantity] = middle_of(means, options.confidence);
  });
  return intervals;
}

std::vector<Interval> bootstrap_of_means(
    const SampleMatrix& samples,
    const std::function<std::vector<double>(std::span<const double> means)>& compute,
    const BootstrapOptions& options) {
  check(samples, options);
  const std::vector<std::uint16_t> counts = draw_counts(options, samples.n_units);
  std::vector<std::vector<double>> drawn;  // [number][resample]
  for (int r = 0; r < options.resamples; ++r) {
    std::vector<double> means(samples.n_quantities);
    for (std::int64_t q = 0; q < samples.n_quantities; ++q) {
      means[q] = mean_of_resample(samples, q, counts.data() + r * samples.n_units);
    }
    const std::vector<double> numbers = compute(means);
    drawn.resize(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) drawn[i].push_back(numbers[i]);
  }
  std::vector<Interval> intervals;
  for (std::vector<double>& values : drawn) {
    intervals.push_back(middle_of(values, options.confidence));
  }
  return intervals;
}

}  // namespace headlens
