#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <variant>
#include <vector>

namespace headlens {

/// Every example counts the same.
struct EqualClasses {};
/// scikit-learn's class_weight="balanced": n / (n_classes * count of the class), of row weights.
struct BalancedClasses {};
/// Weights by label; labels that are not named have weight 1.
using NamedClassWeights = std::map<std::int32_t, double>;
using ClassWeights = std::variant<EqualClasses, BalancedClasses, NamedClassWeights>;

/// The labels of rows with weight, ascending.
/// @param row_weights  [n], or empty for 1 everywhere
std::vector<std::int32_t> classes_of(std::span<const std::int32_t> labels,
                                     std::span<const float> row_weights);

/// The same, for what must tell them apart.
/// @throws UsageError  if there are fewer than two
std::vector<std::int32_t> classes_to_tell_apart(std::span<const std::int32_t> labels,
                                                std::span<const float> row_weights);

/// One weight a class of `classes`, which holds every label of a row with weight.
/// @throws UsageError  if a given weight is negative or not finite, or names a label that no row
/// has
std::vector<double> class_weights(const ClassWeights& weights,
                                  std::span<const std::int32_t> classes,
                                  std::span<const std::int32_t> labels,
                                  std::span<const float> row_weights);

}  // namespace headlens
