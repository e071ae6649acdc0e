#include "headlens/interventions/faithfulness.h"

#include <cmath>
#include <numeric>

namespace headlens {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// From the means of clean, corrupt and every circuit.
std::vector<double> faithfulness_of_means(std::span<const double> means) {
  std::vector<double> values;
  for (const double circuit : means.subspan(2)) {
    values.push_back((circuit - means[1]) / (means[0] - means[1]));
  }
  return values;
}

}  // namespace

std::vector<double> faithfulness(const CircuitMetrics& metrics) {
  std::vector<double> means{mean(metrics.clean), mean(metrics.corrupt)};
  for (const std::vector<double>& circuit : metrics.circuits) means.push_back(mean(circuit));
  return faithfulness_of_means(means);
}

FaithfulnessAreas areas_of(const std::vector<double>& shares,
                           const std::vector<double>& faithfulness) {
  FaithfulnessAreas areas;
  for (std::size_t i = 1; i < shares.size(); ++i) {
    const double width = shares[i] - shares[i - 1];
    areas.cpr += width * (faithfulness[i] + faithfulness[i - 1]) / 2;
    areas.cmd += width * (std::abs(1 - faithfulness[i]) + std::abs(1 - faithfulness[i - 1])) / 2;
  }
  return areas;
}

std::vector<Interval> faithfulness_intervals(const CircuitMetrics& metrics,
                                             const std::vector<double>& shares,
                                             const BootstrapOptions& options) {
  const std::size_t n_quantities = metrics.circuits.size() + 2;
  std::vector<double> samples;
  for (std::size_t p = 0; p < metrics.clean.size(); ++p) {
    samples.insert(samples.end(), {metrics.clean[p], metrics.corrupt[p]});
    for (const std::vector<double>& circuit : metrics.circuits) samples.push_back(circuit[p]);
  }
  const auto n = static_cast<std::int64_t>(metrics.clean.size());
  return bootstrap_of_means(
      {samples, n, static_cast<std::int64_t>(n_quantities)},
      [&](std::span<const double> means) {
        std::vector<double> numbers = faithfulness_of_means(means);
        const FaithfulnessAreas areas = areas_of(shares, numbers);
        numbers.insert(numbers.end(), {areas.cpr, areas.cmd});
        return numbers;
      },
      options);
}

}  // namespace headlens
