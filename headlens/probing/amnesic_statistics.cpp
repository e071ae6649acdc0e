#include "headlens/probing/amnesic_statistics.h"

#include <numeric>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/statistics/multiple_testing.h"
#include "headlens/statistics/sign_flip.h"

namespace headlens {

SentenceMeasures::SentenceMeasures(std::span<const double> values, std::size_t n_conditions,
                                   const std::vector<double>& tokens)
    : values_(values.begin(), values.end()), tokens_(tokens), n_conditions_(n_conditions) {
  const std::size_t expected = tokens.size() * n_conditions * kMeasures;
  if (values.size() != expected) {
    throw ShapeError("measures of sentences", std::to_string(expected) + " numbers",
                     std::to_string(values.size()));
  }
}

AmnesicMeasure SentenceMeasures::measure(std::size_t condition) const {
  double sums[kMeasures] = {}, total = 0;
  for (std::size_t s = 0; s < tokens_.size(); ++s) {
    for (std::size_t m = 0; m < kMeasures; ++m) sums[m] += tokens_[s] * at(s, condition, m);
    total += tokens_[s];
  }
  return {.loss_nats = sums[0] / total, .accuracy = sums[1] / total, .kl_nats = sums[2] / total};
}

std::vector<double> SentenceMeasures::losses(std::size_t first, std::size_t count) const {
  std::vector<double> sums(tokens_.size());
  for (std::size_t s = 0; s < sums.size(); ++s) {
    for (std::size_t c = first; c < first + count; ++c) sums[s] += tokens_[s] * at(s, c, 0);
    sums[s] /= static_cast<double>(count);
  }
  return sums;
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a);
  for (std::size_t i = 0; i < a.size(); ++i) result[i] -= b.at(i);
  return result;
}

std::vector<AmnesicDifference> amnesic_differences(const std::vector<std::vector<double>>& sums,
                                                   const std::vector<double>& tokens,
                                                   const BootstrapOptions& options) {
  const std::size_t n_layers = sums.size(), n = tokens.size();
  std::vector<double> with_tokens, alone;
  for (std::size_t s = 0; s < n; ++s) {
    for (std::size_t l = 0; l < n_layers; ++l) {
      with_tokens.push_back(sums[l].at(s));
      alone.push_back(sums[l][s]);
    }
    with_tokens.push_back(tokens[s]);
  }
  const auto rows = static_cast<std::int64_t>(n), columns = static_cast<std::int64_t>(n_layers);
  const std::vector<Interval> intervals = bootstrap_of_means(
      {with_tokens, rows, columns + 1},
      [n_layers](std::span<const double> means) {
        std::vector<double> ratios;
        for (std::size_t l = 0; l < n_layers; ++l) ratios.push_back(means[l] / means[n_layers]);
        return ratios;
      },
      options);
  const std::vector<double> p = sign_flip_p_values({alone, rows, columns}, {.seed = options.seed});
  const std::vector<double> p_holm = holm(p);
  const double total = std::accumulate(tokens.begin(), tokens.end(), 0.0);
  std::vector<AmnesicDifference> found;
  for (std::size_t l = 0; l < n_layers; ++l) {
    found.push_back({.mean_nats = std::accumulate(sums[l].begin(), sums[l].end(), 0.0) / total,
                     .low_nats = intervals[l].low,
                     .high_nats = intervals[l].high,
                     .p = p[l],
                     .p_holm = p_holm[l]});
  }
  return found;
}

}  // namespace headlens
