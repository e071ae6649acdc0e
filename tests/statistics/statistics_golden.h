#pragma once

#include <string>
#include <vector>

#include "headlens/statistics/sample_matrix.h"

namespace headlens {

/// What scipy says of some samples (tools/make_statistics_goldens.py).
struct StatisticsGolden {
  StatisticsGolden();

  SampleMatrix effects() const { return {values, n_units, n_quantities}; }
  std::vector<double> list(const std::string& name) const;

  std::vector<double> values;
  std::int64_t n_units = 0, n_quantities = 0;
};

}  // namespace headlens
