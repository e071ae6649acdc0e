#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// What a probe says of one word, token or text.
struct ProbeLabel {
  std::string form;
  std::int64_t char_begin = 0, char_end = 0;  ///< in the text, in Unicode code points
  std::string label;                          ///< the most probable class; empty of real values
  std::vector<double> probabilities;          ///< of ProbeLabels::classes
  double value = 0;                           ///< of a probe of real values
};

/// New text, labelled by a saved probe.
struct ProbeLabels {
  Provenance provenance;
  std::string probe;  ///< the file that was read
  std::string column, site, unit, pooling;
  std::vector<std::string> classes;  ///< empty for real values
  std::string text;
  std::vector<ProbeLabel> labels;
};

}  // namespace headlens
