#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "headlens/statistics/sample_matrix.h"

namespace headlens {

struct Interval {
  double low = 0, high = 0;
};

struct BootstrapOptions {
  int resamples = 10000;
  double confidence = 0.95;
  std::uint64_t seed = 0;
};

/// Percentile bootstrap intervals of the mean of each quantity (Efron 1979). Units are drawn with
/// replacement, the same ones for all quantities, so that intervals are jointly valid draws.
/// @return  one interval a quantity; of a single unit, its value
/// @throws UsageError  if there is no unit, or the options make no sense
std::vector<Interval> bootstrap_means(const SampleMatrix& samples,
                                      const BootstrapOptions& options = {});

/// Percentile intervals of numbers that are computed from the quantities' means, such as their
/// ratios: `compute` is given the means of every quantity in one resample and returns the numbers,
/// always as many.
std::vector<Interval> bootstrap_of_means(
    const SampleMatrix& samples,
    const std::function<std::vector<double>(std::span<const double> means)>& compute,
    const BootstrapOptions& options = {});

/// The q-th quantile of sorted values, linear between neighbours (numpy's default).
double quantile_of_sorted(std::span<const double> sorted, double q);

}  // namespace headlens
