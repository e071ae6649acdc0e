#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/probing/probe_scores.h"
#include "headlens/statistics/bootstrap.h"

namespace headlens {

/// Groups that test examples are of; the others have no loss and no scale.
std::vector<std::int64_t> tested_groups(const GroupLosses& losses);

struct PairedTests {
  std::vector<double> p;       ///< two-sided
  std::vector<double> p_holm;  ///< corrected over those that were tested
};

/// Whether other predictions of the same examples lose as much as `reference` does: sign-flip tests
/// of the differences group by group.
/// @param skipped  one of `others` that is the reference itself: p is 1 and not corrected for; or
///                 -1
PairedTests compare_losses(const GroupLosses& reference, std::span<const GroupLosses> others,
                           std::int64_t skipped, int flips, std::uint64_t seed);

struct ScoreIntervals {
  std::vector<Interval> score;
  std::vector<Interval> selectivity;  ///< empty where there is no control
};

/// Percentile bootstrap over groups, the same groups for every layer and its control.
/// @param controls  one a layer, or none
ScoreIntervals score_intervals(std::span<const GroupLosses> layers,
                               std::span<const GroupLosses> controls,
                               const BootstrapOptions& options);

}  // namespace headlens
