#pragma once

#include <vector>

#include "headlens/statistics/sample_matrix.h"

namespace headlens {

struct EffectSize {
  double mean = 0;
  double standard_deviation = 0;  ///< of the sample, n - 1 below; NaN for a single unit
  double cohen_d = 0;             ///< mean / standard deviation (Cohen 1988); NaN if that is 0
};

/// One for each quantity. @throws UsageError  if there is no unit
std::vector<EffectSize> effect_sizes(const SampleMatrix& effects);

}  // namespace headlens
