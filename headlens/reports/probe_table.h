#pragma once

#include <span>
#include <string>

#include "headlens/results/probe_labels.h"
#include "headlens/results/probe_result.h"

namespace headlens {

/// Bars of one character a value, from the lowest to the highest; a space for what is not finite.
std::string sparkline(std::span<const double> values);

/// Layers with their scores, control and selectivity, the baselines, the best layer's classes, what
/// it all says and what to beware of.
/// @throws ShapeError  as check_probe()
std::string probe_table(const ProbeResult& result, int width);

/// What a saved probe says of each word: its two most probable labels, or its value.
std::string probe_labels_table(const ProbeLabels& result, int width);

/// One row a layer. Columns: layer, site, then accuracy (or r2), std, low, high, macro_f1, pearson,
/// spearman, control, selectivity, selectivity_low, selectivity_high, meaningful, p_best,
/// p_best_holm, p_majority_holm, random_weights, converged, iterations, fit_seconds; empty where
/// there is none.
/// @throws ShapeError  as check_probe()
std::string probe_csv(const ProbeResult& result);

/// Columns: true, predicted, count; cells without an example are left out.
/// @throws ShapeError  as check_probe()
std::string confusion_csv(const ProbeResult& result);

}  // namespace headlens
