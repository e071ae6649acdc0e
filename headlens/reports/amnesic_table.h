#pragma once

#include <string>

#include "headlens/results/amnesic_result.h"

namespace headlens {

/// What was erased and from what, a line a layer, and the conclusion.
std::string amnesic_table(const AmnesicResult& result, int width);

/// Columns: layer, site, rank, probe_before, probe_after, probe_random, change, random_change, then
/// loss_nats, accuracy and kl_nats of erased, random (mean) and restored, then mean, low, high, p
/// and p_holm of the loss over the unedited model's, over random and over restored.
std::string amnesic_csv(const AmnesicResult& result);

}  // namespace headlens
