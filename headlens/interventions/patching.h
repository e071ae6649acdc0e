#pragma once

#include <optional>
#include <span>

#include "headlens/interventions/asked_pair.h"
#include "headlens/interventions/site_grid.h"
#include "headlens/interventions/sweep.h"
#include "headlens/interventions/sweep_deviation.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

/// Which run is edited.
enum class PatchDirection : std::uint8_t {
  denoise,  ///< the corrupt run; it gets activations of the clean one
  noise,    ///< the clean run; it gets activations of the corrupt one
};

std::string_view to_string(PatchDirection direction);

struct PatchOptions {
  AskedFor asked;
  SiteKind site = SiteKind::resid_pre;
  GridColumns columns = GridColumns::positions;
  PatchDirection direction = PatchDirection::denoise;
  /// Whether prompts of different lengths are aligned; else they are refused.
  bool align = false;
  /// Indices of the grid's places in C order; empty: all. The others' values are NaN.
  std::vector<std::size_t> places = {};
  SweepOptions sweep = {};
};

/// Positions at which activations of two runs can differ: in a causal model, from the first other
/// token on.
std::int64_t first_difference(const BaseRun& edited, const BaseRun& source, bool causal);

struct PatchEffects {
  double clean = 0, corrupt = 0;
  EffectGrid grid;  ///< the metric after the patch

  /// The metric of the run that is edited, left alone.
  double edited(PatchDirection direction) const {
    return direction == PatchDirection::denoise ? corrupt : clean;
  }
};

/// The same patches of several pairs of runs, in one sweep. Positions are those of the run that is
/// edited; of aligned runs, one without a partner is left as it is, and a place that is such a
/// position has the value NaN.
/// @throws UsageError  if scores or patterns of aligned runs are patched: their keys do not
///                     correspond
std::vector<PatchEffects> patch_effects(Session& session, std::span<AskedPair> pairs,
                                        const PatchOptions& options);

/// How far patches lie from f32; see deviation_from_f32().
std::optional<SweepDeviation> deviation_of_patches(Session& session, AskedPair& pair,
                                                   const PatchEffects& effects,
                                                   const PatchOptions& options);

/// The metric after the patches of some places, computed so.
std::vector<double> patched_again(Session& session, AskedPair& pair, PatchOptions options,
                                  const SweepOptions& sweep,
                                  const std::vector<std::size_t>& places);

/// Activation patching (Meng et al. 2022; Wang et al. 2022): the metric of one run with some
/// activations of another, for each place of a grid. In a causal model the positions before the
/// first that differs are known without running. An answer that is not given is what the clean run
/// predicts.
/// @throws UsageError  as ask_pair(), or ask_aligned_pair() if the options say so, and
///                     patch_effects()
PatchResult patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                  const PatchOptions& options);

}  // namespace headlens
