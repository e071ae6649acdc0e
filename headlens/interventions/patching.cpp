#include "headlens/interventions/patching.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/interventions/prompt_alignment.h"
#include "headlens/interventions/site_values.h"

namespace headlens {
namespace {

/// Of each position of the edited run, the one of the source.
std::vector<std::int64_t> partners_of(const AskedPair& pair, PatchDirection direction) {
  const std::int64_t n_clean = std::ssize(pair.clean.sequence.ids);
  if (pair.alignment) {
    const std::vector<std::int64_t>& clean_of = pair.alignment->clean_of;
    return direction == PatchDirection::denoise ? clean_of : inverse_alignment(clean_of, n_clean);
  }
  std::vector<std::int64_t> same(n_clean);
  std::iota(same.begin(), same.end(), 0);
  return same;
}

/// A pair in one direction.
struct PatchedRuns {
  const BaseRun& edited;
  const BaseRun& source;
  const Question& question;  ///< of the edited run
  std::int64_t prompt_length;
  /// Of each position of the edited run, the one of the source that it gets; -1: none.
  std::vector<std::int64_t> partners;
  bool aligned;
};

PatchedRuns patched_runs(const AskedPair& pair, const BaseRun& clean, const BaseRun& corrupt,
                         PatchDirection direction) {
  const bool denoise = direction == PatchDirection::denoise;
  const BaseRun &edited = denoise ? corrupt : clean, &source = denoise ? clean : corrupt;
  const bool moved = denoise && pair.alignment;
  const std::int64_t n_answer = clean.length() - pair.clean.prompt_length;
  return {.edited = edited,
          .source = source,
          .question = moved ? pair.alignment->corrupt_question : pair.clean.question,
          .prompt_length = edited.length() - n_answer,
          .partners = partners_of(pair, direction),
          .aligned = pair.alignment.has_value()};
}

/// Before it, activations of the two runs are equal.
std::int64_t first_change(const PatchedRuns& runs, bool causal) {
  const std::int64_t first = first_difference(runs.edited, runs.source, causal);
  for (std::int64_t p = 0; p < first; ++p) {
    if (runs.partners[p] != p) return p;
  }
  return first;
}

/// The source's rows where the edited run has their partners; zeros elsewhere.
std::shared_ptr<const Tensor> rows_of_partners(const PatchedRuns& runs,
                                               const std::shared_ptr<const Tensor>& values) {
  if (!runs.aligned) return values;
  const std::int64_t width = values->size(1);
  auto rows = std::make_shared<Tensor>(Tensor::zeros({runs.edited.length(), width}));
  for (std::int64_t p = 0; p < runs.edited.length(); ++p) {
    if (runs.partners[p] < 0) continue;
    std::copy_n(values->data() + runs.partners[p] * width, width, rows->data() + p * width);
  }
  return rows;
}

Intervention patch_at(const GridPlace& place, SiteKind kind, std::int64_t first,
                      const PatchedRuns& runs, std::shared_ptr<const Tensor> values) {
  Intervention intervention{.site = {kind, place.layer}, .head = place.head};
  intervention.edit.values = std::move(values);
  if (place.position >= 0) {
    intervention.positions = {place.position};
    if (place.key >= 0) intervention.keys = {place.key};
    return intervention;
  }
  for (std::int64_t p = first; p < runs.edited.length(); ++p) {
    if (runs.partners[p] >= 0) intervention.positions.push_back(p);
  }
  return intervention;
}

/// The places that are asked for and have a partner.
std::vector<std::size_t> places_with_partners(const std::vector<std::size_t>& asked,
                                              const std::vector<GridPlace>& places,
                                              const PatchedRuns& runs) {
  std::vector<std::size_t> chosen = chosen_places(asked, places.size());
  std::erase_if(chosen, [&](std::size_t i) {
    return places[i].position >= 0 && runs.partners[places[i].position] < 0;
  });
  return chosen;
}

/// The variants of one pair at the chosen places. Places where the runs cannot differ stay without
/// an edit.
std::vector<Variant> variants_of(const PatchedRuns& runs, const PatchOptions& options,
                                 Session& session, const std::vector<GridPlace>& places,
                                 const std::vector<std::size_t>& chosen) {
  const ModelSpec& spec = session.spec();
  const std::int64_t length = runs.edited.length();
  const std::int64_t first = first_change(runs, spec.block().causal);
  std::vector<std::shared_ptr<const Tensor>> values;
  for (const auto& layer : site_values(session, options.site, runs.source)) {
    values.push_back(rows_of_partners(runs, layer));
  }
  std::vector<Variant> variants;
  for (const std::size_t index : chosen) {
    const GridPlace& place = places[index];
    variants.push_back({&runs.edited, &runs.question});
    const bool differs = first < length && (place.position < 0 || place.position >= first);
    if (!differs || is_masked(place, spec.block())) continue;
    variants.back().interventions.push_back(
        patch_at(place, options.site, first, runs, values.at(place.layer)));
  }
  return variants;
}

/// Lets both questions know what the edited run predicts, and reads the runs as they are.
void read_bases(const Readout& readout, AskedPair& pair, const BaseRun& clean,
                const BaseRun& corrupt, PatchDirection direction, PatchEffects& effects) {
  const bool denoise = direction == PatchDirection::denoise;
  Question& of_clean = pair.clean.question;
  Question& of_corrupt = pair.alignment ? pair.alignment->corrupt_question : of_clean;
  Question& of_edited = denoise ? of_corrupt : of_clean;
  readout.prepare(of_edited, denoise ? corrupt : clean);
  if (pair.alignment) {
    (denoise ? of_clean : of_corrupt).base_log_probabilities =
        of_edited.base_log_probabilities.clone();
  }
  effects.clean = readout.read_base(of_clean, clean);
  effects.corrupt = readout.read_base(of_corrupt, corrupt);
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
  std::vector<Variant> variants;
  std::vector<std::vector<std::size_t>> chosen;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const BaseRun &clean = *bases[2 * i], &corrupt = *bases[2 * i + 1];
    read_bases(sweep.readout(), pairs[i], clean, corrupt, options.direction, effects[i]);
    const PatchedRuns runs = patched_runs(pairs[i], clean, corrupt, options.direction);
    EffectGrid& grid = effects[i].grid;
    grid.axes = grid_axes(options.site, options.columns, session.spec(), runs.prompt_length);
    const std::vector<GridPlace> places = grid_places(grid.axes);
    grid.values.assign(places.size(), std::numeric_limits<double>::quiet_NaN());
    chosen.push_back(places_with_partners(options.places, places, runs));
    std::ranges::move(variants_of(runs, options, session, places, chosen.back()),
                      std::back_inserter(variants));
  }
  const std::vector<double> cells = sweep.run(variants);
  auto cell = cells.begin();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (const std::size_t place : chosen[i]) effects[i].grid.values[place] = *cell++;
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

std::vector<PatchEffects> patch_effects(Session& session, std::span<AskedPair> pairs,
                                        const PatchOptions& options) {
  std::vector<TokenSequence> sequences;
  for (const AskedPair& pair : pairs) {
    if (pair.alignment && is_pattern_site(options.site)) {
      throw UsageError(site_kind_name(options.site) +
                       " of runs of different lengths has keys that do not correspond; patch q, k, "
                       "v or z, or choose prompts of as many tokens");
    }
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
  return values_at(patch_effects(session, {&pair, 1}, options).front().grid, places);
}

PatchResult patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                  const PatchOptions& options) {
  std::vector<AskedPair> pairs;
  pairs.push_back(options.align ? ask_aligned_pair(session, clean, corrupt, options.asked)
                                : ask_pair(session, clean, corrupt, options.asked));
  PatchEffects effects = std::move(patch_effects(session, pairs, options).front());
  PatchResult result;
  result.clean = clean.tokens;
  result.corrupt = corrupt.tokens;
  result.question = pairs.front().clean.told;
  result.site = site_kind_name(options.site);
  result.direction = to_string(options.direction);
  if (pairs.front().alignment) {
    const auto partners = partners_of(pairs.front(), options.direction);
    result.partners.assign(partners.begin(), partners.end());
    result.partners.resize(result.edited_prompt().tokens.size());
  }
  result.clean_metric = effects.clean;
  result.corrupt_metric = effects.corrupt;
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation =
      deviation_of_patches(session, pairs.front(), effects, options);
  result.grid = std::move(effects.grid);
  return result;
}

}  // namespace headlens
