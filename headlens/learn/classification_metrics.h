#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headlens {

struct ClassMetrics {
  std::int32_t label = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< 0 where nothing is to be divided by
  std::int64_t support = 0;                  ///< true examples of the class
};

/// How predictions agree with the truth; the numbers of scikit-learn's metrics.
struct ClassificationMetrics {
  double accuracy = 0;
  double macro_f1 = 0;                ///< mean of F1 over all labels that are true or predicted
  std::vector<ClassMetrics> classes;  ///< by label, ascending: those that are true or predicted
  /// [true class, predicted class] in the order of `classes`.
  std::vector<std::int64_t> confusion;
};

/// @throws UsageError  if there is nothing to compare
/// @throws ShapeError  if there are not as many predictions as labels
ClassificationMetrics classification_metrics(std::span<const std::int32_t> truth,
                                             std::span<const std::int32_t> predicted);

/// The share of predictions that are right. Throws as classification_metrics().
double accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted);

}  // namespace headlens
