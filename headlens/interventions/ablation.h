#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "headlens/interventions/asked_prompt.h"
#include "headlens/interventions/reference.h"
#include "headlens/interventions/site_grid.h"
#include "headlens/interventions/sweep.h"
#include "headlens/interventions/sweep_deviation.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

struct AblationOptions {
  AskedFor asked;
  SiteKind site = SiteKind::z;
  GridColumns columns = GridColumns::heads;
  /// Places to ablate together; empty: each place of the whole grid by itself.
  std::vector<GridPlace> together = {};
  /// Indices of the grid's places in C order; empty: all. The others' values are NaN.
  std::vector<std::size_t> places = {};
  Replacement replacement = Replacement::zero;
  std::vector<TokenSequence> reference = {};  ///< of mean and resample
  std::uint64_t seed = 0;                     ///< of resample
  SweepOptions sweep = {};
};

struct AblationEffects {
  double base = 0;  ///< the metric of the run left alone
  EffectGrid grid;  ///< the metric after the edit
};

/// The same ablations of several runs, in one sweep.
/// @param asked  the metric of each is options.asked's; prompt lengths may differ
/// @throws UsageError  as ask(), check_variants() and reference_values()
std::vector<AblationEffects> ablation_effects(Session& session, std::span<AskedPrompt> asked,
                                              const AblationOptions& options);

/// The metric after the ablations of some places of one run, computed so.
std::vector<double> ablated_again(Session& session, AskedPrompt& asked, AblationOptions options,
                                  const SweepOptions& sweep,
                                  const std::vector<std::size_t>& places);

/// What a metric becomes when parts of the model say nothing (zero), what they say on average
/// (mean), or what they say of other texts (resample). Every place is the answer of one whole run
/// with that edit, to rounding.
/// @throws UsageError  as ablation_effects()
AblationResult ablate(Session& session, const Prompt& prompt, const AblationOptions& options);

}  // namespace headlens
