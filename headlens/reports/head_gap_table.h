#pragma once

#include <string>

#include "headlens/results/head_gap_result.h"

namespace headlens {

/// Scores of every layer, of the head and of the chosen probe, who finds what, the first `most`
/// examples that only the probe finds, and the conclusion.
std::string head_gap_table(const HeadGapResult& result, int width, int most = 10);

/// Columns: row, probe_layer, head_probability, probe_probability, text: the positive examples that
/// the head misses and the probe finds.
std::string head_gap_csv(const HeadGapResult& result);

}  // namespace headlens
