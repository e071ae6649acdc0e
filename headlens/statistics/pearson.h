#pragma once

#include <span>

namespace headlens {

/// Pearson's correlation.
/// @return  NaN for fewer than two values, or where one side has no spread
double pearson(std::span<const double> a, std::span<const double> b);

}  // namespace headlens
