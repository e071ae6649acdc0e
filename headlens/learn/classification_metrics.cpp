#include "headlens/learn/classification_metrics.h"

#include <algorithm>
#include <set>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

void check(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted) {
  if (truth.size() != predicted.size()) {
    throw ShapeError("metrics", std::to_string(truth.size()) + " predictions",
                     std::to_string(predicted.size()));
  }
  if (truth.empty()) throw UsageError("there are no predictions to measure");
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted) {
  check(truth, predicted);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) right += truth[i] == predicted[i] ? 1 : 0;
  return ratio(right, static_cast<std::int64_t>(truth.size()));
}

ClassificationMetrics classification_metrics(std::span<const std::int32_t> truth,
                                             std::span<const std::int32_t> predicted) {
  ClassificationMetrics metrics;
  metrics.accuracy = accuracy(truth, predicted);
  std::set<std::int32_t> seen(truth.begin(), truth.end());
  seen.insert(predicted.begin(), predicted.end());
  const std::vector<std::int32_t> labels(seen.begin(), seen.end());
  const auto index = [&](std::int32_t label) {
    return static_cast<std::size_t>(std::ranges::lower_bound(labels, label) - labels.begin());
  };
  const std::size_t n = labels.size();
  metrics.confusion.resize(n * n);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    ++metrics.confusion[index(truth[i]) * n + index(predicted[i])];
  }
  for (std::size_t c = 0; c < n; ++c) {
    std::int64_t called = 0, support = 0;
    for (std::size_t other = 0; other < n; ++other) {
      called += metrics.confusion[other * n + c];
      support += metrics.confusion[c * n + other];
    }
    const std::int64_t right = metrics.confusion[c * n + c];
    metrics.classes.push_back({labels[c], ratio(right, called), ratio(right, support),
                               ratio(2 * right, called + support), support});
    metrics.macro_f1 += metrics.classes.back().f1 / static_cast<double>(n);
  }
  return metrics;
}

}  // namespace headlens
