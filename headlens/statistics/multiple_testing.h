#pragma once

#include <span>
#include <vector>

namespace headlens {

/// Holm's (1979) step-down adjusted p-values: rejecting those <= alpha keeps the chance of any
/// false rejection at or below alpha, whatever the dependence.
std::vector<double> holm(std::span<const double> p_values);

/// Benjamini and Hochberg's (1995) step-up adjusted p-values: rejecting those <= q keeps the
/// expected share of false rejections at or below q, for independent or positively dependent tests.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace headlens
