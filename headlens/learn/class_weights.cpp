#include "headlens/learn/class_weights.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

float row_weight(std::span<const float> weights, std::size_t row) {
  return weights.empty() ? 1.0f : weights[row];
}

std::size_t index_of(std::span<const std::int32_t> classes, std::int32_t label) {
  return std::ranges::lower_bound(classes, label) - classes.begin();
}

std::vector<double> balanced(std::span<const std::int32_t> classes,
                             std::span<const std::int32_t> labels,
                             std::span<const float> row_weights) {
  std::vector<double> counts(classes.size());
  double total = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float weight = row_weight(row_weights, i);
    if (weight == 0) continue;
    counts[index_of(classes, labels[i])] += weight;
    total += weight;
  }
  for (double& count : counts) count = total / (static_cast<double>(classes.size()) * count);
  return counts;
}

std::vector<double> named(const NamedClassWeights& given, std::span<const std::int32_t> classes) {
  std::vector<double> weights(classes.size(), 1.0);
  for (const auto& [label, weight] : given) {
    if (!(weight >= 0) || !std::isfinite(weight)) {
      throw UsageError("the weight of class " + std::to_string(label) + " is " +
                       std::to_string(weight) + "; it must be finite and not negative");
    }
    if (!std::ranges::binary_search(classes, label)) {
      throw UsageError("class " + std::to_string(label) + " has a weight but no example");
    }
    weights[index_of(classes, label)] = weight;
  }
  return weights;
}

}  // namespace

std::vector<std::int32_t> classes_of(std::span<const std::int32_t> labels,
                                     std::span<const float> row_weights) {
  std::set<std::int32_t> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (row_weight(row_weights, i) != 0) classes.insert(labels[i]);
  }
  return {classes.begin(), classes.end()};
}

std::vector<std::int32_t> classes_to_tell_apart(std::span<const std::int32_t> labels,
                                                std::span<const float> row_weights) {
  std::vector<std::int32_t> classes = classes_of(labels, row_weights);
  if (classes.empty()) throw UsageError("no row has a weight; a classifier needs examples");
  if (classes.size() == 1) {
    throw UsageError("every example has label " + std::to_string(classes[0]) +
                     "; a classifier needs two classes at least");
  }
  return classes;
}

std::vector<double> class_weights(const ClassWeights& weights,
                                  std::span<const std::int32_t> classes,
                                  std::span<const std::int32_t> labels,
                                  std::span<const float> row_weights) {
  if (std::holds_alternative<BalancedClasses>(weights)) {
    return balanced(classes, labels, row_weights);
  }
  if (const auto* given = std::get_if<NamedClassWeights>(&weights)) return named(*given, classes);
  return std::vector<double>(classes.size(), 1.0);
}

}  // namespace headlens
