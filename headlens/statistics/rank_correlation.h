#pragma once

#include <span>

namespace headlens {

/// Spearman's rank correlation: Pearson's of the ranks, equal values sharing their mean rank.
/// @return  NaN for fewer than two values, or where one side has no spread
double spearman(std::span<const double> a, std::span<const double> b);

}  // namespace headlens
