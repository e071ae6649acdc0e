#include "headlens/interventions/patching.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/interventions/site_values.h"

namespace headlens {
namespace {

void check_lengths(const Prompt& clean, const Prompt& corrupt) {
  const std::size_t n_clean = clean.sequence.ids.size(), n_corrupt = corrupt.sequence.ids.size();
  if (n_clean == n_corrupt) return;
  const auto& a = clean.sequence.ids;
  const auto& b = corrupt.sequence.ids;
  const auto first = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  throw UsageError("the clean prompt has " + std::to_string(n_clean) +
                   " tokens and the corrupt one " + std::to_string(n_corrupt) +
                   ", so that their positions do not correspond from position " +
                   std::to_string(first) + " on; choose words of as many tokens");
}

Intervention patch_at(const GridPlace& place, SiteKind kind, std::int64_t first,
                      std::int64_t length, std::shared_ptr<const Tensor> values) {
  Intervention intervention{.site = {kind, place.layer}, .head = place.head};
  intervention.edit.values = std::move(values);
  if (place.position >= 0) {
    intervention.positions = {place.position};
    if (place.key >= 0) intervention.keys = {place.key};
  } else {
    intervention.positions.resize(length - first);
    std::iota(intervention.positions.begin(), intervention.positions.end(), first);
  }
  return intervention;
}

/// The variants of one pair at the chosen places, and the axes of their grid. Places where the runs
/// cannot differ stay without an edit.
std::vector<Variant> variants_of(const BaseRun& edited, const BaseRun& source,
                                 const AskedPrompt& asked, const PatchOptions& options,
                                 Session& session, EffectGrid& grid) {
  const ModelSpec& spec = session.spec();
  grid.axes = grid_axes(options.site, options.columns, spec, asked.prompt_length);
  const std::int64_t first = first_difference(edited, source, spec.block().causal);
  const auto values = site_values(session, options.site, source);
  std::vector<Variant> variants;
  const std::vector<GridPlace> places = grid_places(grid.axes);
  for (const std::size_t index : chosen_places(options.places, places.size())) {
    const GridPlace& place = places[index];
    variants.push_back({&edited, &asked.question});
    const bool differs = first < edited.length() && (place.position < 0 || place.position >= first);
    if (!differs || is_masked(place, spec.block())) continue;
    variants.back().interventions.push_back(
        patch_at(place, options.site, first, edited.length(), values.at(place.layer)));
  }
  return variants;
}

/// Patches pairs whose base runs are held at once.
void patch_some(Session& session, Sweep& sweep, const PatchOptions& options,
                std::span<AskedPair> pairs, std::span<PatchEffects> effects) {
  std::vector<TokenSequence> sequences;
  for (const AskedPair& pair : pairs) {
    sequences.push_back(pair.clean.sequence);
    sequences.push_back(pair.corrupt);
  }
  const auto bases = sweep.record(sequences);
  const bool denoise = options.direction == PatchDirection::denoise;
  std::vector<Variant> variants;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const BaseRun& clean = *bases[2 * i];
    const BaseRun& corrupt = *bases[2 * i + 1];
    Question& question = pairs[i].clean.question;
    sweep.readout().prepare(question, denoise ? corrupt : clean);
    effects[i].clean = sweep.readout().read_base(question, clean);
    effects[i].corrupt = sweep.readout().read_base(question, corrupt);
    std::ranges::move(variants_of(denoise ? corrupt : clean, denoise ? clean : corrupt,
                                  pairs[i].clean, options, session, effects[i].grid),
                      std::back_inserter(variants));
    ends.push_back(variants.size());
  }
  const std::vector<double> cells = sweep.run(variants);
  for (std::size_t i = 0, begin = 0; i < pairs.size(); begin = ends[i++]) {
    std::vector<double>& values = effects[i].grid.values;
    const std::size_t n_places = grid_places(effects[i].grid.axes).size();
    values.assign(n_places, std::numeric_limits<double>::quiet_NaN());
    std::size_t cell = begin;
    for (const std::size_t place : chosen_places(options.places, n_places)) {
      values[place] = cells[cell++];
    }
  }
}

}  // namespace

std::string_view to_string(PatchDirection direction) {
  return direction == PatchDirection::denoise ? "denoise" : "noise";
}

std::int64_t first_difference(const BaseRun& edited, const BaseRun& source, bool causal) {
  if (!causal) return 0;
  const auto& a = edited.tokens.ids;
  const auto& b = source.tokens.ids;
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

AskedPair ask_pair(Session& session, const Prompt& clean, const Prompt& corrupt,
                   const AskedFor& asked) {
  check_lengths(clean, corrupt);
  AskedPair pair{ask(session, clean, asked), corrupt.sequence};
  const auto& extended = pair.clean.sequence;
  const auto answer = extended.ids.begin() + pair.clean.prompt_length;
  pair.corrupt.ids.insert(pair.corrupt.ids.end(), answer, extended.ids.end());
  if (!pair.corrupt.type_ids.empty()) pair.corrupt.type_ids.resize(pair.corrupt.ids.size());
  return pair;
}

std::vector<PatchEffects> patch_effects(Session& session, std::span<AskedPair> pairs,
                                        const PatchOptions& options) {
  std::vector<TokenSequence> sequences;
  for (const AskedPair& pair : pairs) {
    sequences.push_back(pair.clean.sequence);
    sequences.push_back(pair.corrupt);
  }
  Sweep sweep(session, options.asked.metric, options.sweep);
  std::vector<PatchEffects> effects(pairs.size());
  for (const Range group : sweep.groups(sequences, 2)) {
    const auto first = static_cast<std::size_t>(group.begin / 2);
    const auto n = static_cast<std::size_t>(group.size() / 2);
    patch_some(session, sweep, options, std::span(pairs).subspan(first, n),
               std::span(effects).subspan(first, n));
  }
  return effects;
}

std::optional<SweepDeviation> deviation_of_patches(Session& session, AskedPair& pair,
                                                   const PatchEffects& effects,
                                                   const PatchOptions& options) {
  const std::vector<GridPlace> places = grid_places(effects.grid.axes);
  return deviation_from_f32(session, options.sweep,
                            {.metric = to_string(options.asked.metric),
                             .prompts = {{effects.grid.values, effects.edited(options.direction)}},
                             .name = [&](std::size_t place) { return place_name(places[place]); },
                             .again =
                                 [&](Session& f32, const SweepOptions& sweep, std::size_t,
                                     const std::vector<std::size_t>& some) {
                                   return patched_again(f32, pair, options, sweep, some);
                                 }});
}

std::vector<double> patched_again(Session& session, AskedPair& pair, PatchOptions options,
                                  const SweepOptions& sweep,
                                  const std::vector<std::size_t>& places) {
  options.sweep = sweep;
  options.places = places;
  const PatchEffects effects = std::move(patch_effects(session, {&pair, 1}, options).front());
  std::vector<double> values;
  for (const std::size_t place : places) values.push_back(effects.grid.values[place]);
  return values;
}

PatchResult patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                  const PatchOptions& options) {
  std::vector<AskedPair> pairs;
  pairs.push_back(ask_pair(session, clean, corrupt, options.asked));
  PatchEffects effects = std::move(patch_effects(session, pairs, options).front());
  PatchResult result;
  result.clean = clean.tokens;
  result.corrupt = corrupt.tokens;
  result.question = pairs.front().clean.told;
  result.site = site_kind_name(options.site);
  result.direction = to_string(options.direction);
  result.clean_metric = effects.clean;
  result.corrupt_metric = effects.corrupt;
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation =
      deviation_of_patches(session, pairs.front(), effects, options);
  result.grid = std::move(effects.grid);
  return result;
}

}  // namespace headlens
