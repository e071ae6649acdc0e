#include "headlens/probing/layer_comparison.h"

#include "headlens/statistics/multiple_testing.h"
#include "headlens/statistics/sign_flip.h"

namespace headlens {

std::vector<std::int64_t> tested_groups(const GroupLosses& losses) {
  std::vector<std::int64_t> groups;
  for (std::size_t g = 0; g < losses.scale.size(); ++g) {
    if (losses.scale[g] > 0 || losses.loss[g] > 0) groups.push_back(static_cast<std::int64_t>(g));
  }
  return groups;
}

PairedTests compare_losses(const GroupLosses& reference, std::span<const GroupLosses> others,
                           std::int64_t skipped, int flips, std::uint64_t seed) {
  const std::vector<std::int64_t> groups = tested_groups(reference);
  std::vector<std::size_t> compared;
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (static_cast<std::int64_t>(i) != skipped) compared.push_back(i);
  }
  PairedTests tests{std::vector<double>(others.size(), 1), std::vector<double>(others.size(), 1)};
  if (compared.empty()) return tests;
  std::vector<double> differences;
  for (const std::int64_t g : groups) {
    for (const std::size_t i : compared) {
      differences.push_back(others[i].loss[g] - reference.loss[g]);
    }
  }
  const SampleMatrix samples{differences, static_cast<std::int64_t>(groups.size()),
                             static_cast<std::int64_t>(compared.size())};
  const std::vector<double> p = sign_flip_p_values(samples, {.flips = flips, .seed = seed});
  const std::vector<double> corrected = holm(p);
  for (std::size_t k = 0; k < compared.size(); ++k) {
    tests.p[compared[k]] = p[k];
    tests.p_holm[compared[k]] = corrected[k];
  }
  return tests;
}

ScoreIntervals score_intervals(std::span<const GroupLosses> layers,
                               std::span<const GroupLosses> controls,
                               const BootstrapOptions& options) {
  const std::vector<std::int64_t> groups = tested_groups(layers[0]);
  const std::size_t n = layers.size(), n_controls = controls.size();
  std::vector<double> values;
  for (const std::int64_t g : groups) {
    for (const std::span<const GroupLosses> all : {layers, controls}) {
      for (const GroupLosses& losses : all) {
        values.push_back(losses.loss[g]);
        values.push_back(losses.scale[g]);
      }
    }
  }
  const SampleMatrix samples{values, static_cast<std::int64_t>(groups.size()),
                             static_cast<std::int64_t>(2 * (n + n_controls))};
  const auto intervals = bootstrap_of_means(
      samples,
      [n, n_controls](std::span<const double> means) {
        std::vector<double> numbers;
        for (std::size_t i = 0; i < n; ++i) numbers.push_back(1 - means[2 * i] / means[2 * i + 1]);
        for (std::size_t i = 0; i < n_controls; ++i) {
          const std::size_t at = 2 * (n + i);
          numbers.push_back(numbers[i] - (1 - means[at] / means[at + 1]));
        }
        return numbers;
      },
      options);
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(n);
  return {{intervals.begin(), middle}, {middle, intervals.end()}};
}

}  // namespace headlens
