#include "headlens/interventions/ablation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace headlens {
namespace {

using LayerValues = std::vector<std::shared_ptr<const Tensor>>;

Intervention ablation_at(const GridPlace& place, SiteKind kind, const LayerValues& values) {
  Intervention intervention{.site = {kind, place.layer}, .head = place.head};
  if (place.position >= 0) intervention.positions = {place.position};
  if (place.key >= 0) intervention.keys = {place.key};
  intervention.edit.values = values.at(place.layer);
  return intervention;
}

void check_layers(const std::vector<GridPlace>& places, const ModelSpec& spec) {
  for (const GridPlace& place : places) {
    if (place.layer >= 0 && place.layer < spec.n_layers()) continue;
    throw UsageError("layer " + std::to_string(place.layer) + " does not exist: the model has " +
                     std::to_string(spec.n_layers()) + ", 0 to " +
                     std::to_string(spec.n_layers() - 1));
  }
}

/// The variants of one run, and the axes of their grid.
std::vector<Variant> variants_of(const BaseRun& base, const AskedPrompt& asked,
                                 const AblationOptions& options, const LayerValues& values,
                                 const ModelSpec& spec, EffectGrid& grid) {
  if (!options.together.empty()) {
    Variant all{&base, &asked.question};
    for (const GridPlace& place : options.together) {
      all.interventions.push_back(ablation_at(place, options.site, values));
    }
    return {all};
  }
  std::vector<Variant> variants;
  grid.axes = grid_axes(options.site, options.columns, spec, asked.prompt_length);
  const std::vector<GridPlace> places = grid_places(grid.axes);
  for (const std::size_t index : chosen_places(options.places, places.size())) {
    const GridPlace& place = places[index];
    variants.push_back({&base, &asked.question});
    // What a pattern says of a masked key is nothing already; a masked score is not.
    if (options.site == SiteKind::pattern && is_masked(place, spec.block())) continue;
    variants.back().interventions.push_back(ablation_at(place, options.site, values));
  }
  return variants;
}

/// Of each prompt, what takes the place of its activations.
class ReferenceValues {
 public:
  ReferenceValues(Session& session, const AblationOptions& options)
      : session_(session), options_(options) {}

  const LayerValues& at(std::size_t prompt, std::int64_t length) {
    // Only what is drawn differs from prompt to prompt.
    if (values_.empty() || options_.replacement == Replacement::resample) {
      values_ = reference_values(session_, options_.site, options_.replacement, options_.reference,
                                 length, options_.seed + prompt);
    }
    return values_;
  }

 private:
  Session& session_;
  const AblationOptions& options_;
  LayerValues values_;
};

/// Ablates the prompts from the first-th on, whose base runs are held at once.
void ablate_some(Sweep& sweep, const ModelSpec& spec, ReferenceValues& references,
                 const AblationOptions& options, std::size_t first, std::span<AskedPrompt> asked,
                 std::span<AblationEffects> effects) {
  std::vector<TokenSequence> sequences;
  for (const AskedPrompt& prompt : asked) sequences.push_back(prompt.sequence);
  const auto bases = sweep.record(sequences);
  std::vector<Variant> variants;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    sweep.readout().prepare(asked[i].question, *bases[i]);
    effects[i].base = sweep.readout().read_base(asked[i].question, *bases[i]);
    const LayerValues& values = references.at(first + i, bases[i]->length());
    std::ranges::move(variants_of(*bases[i], asked[i], options, values, spec, effects[i].grid),
                      std::back_inserter(variants));
    ends.push_back(variants.size());
  }
  const std::vector<double> cells = sweep.run(variants);
  for (std::size_t i = 0, begin = 0; i < asked.size(); begin = ends[i++]) {
    std::vector<double>& values = effects[i].grid.values;
    const std::size_t n_places = grid_places(effects[i].grid.axes).size();
    values.assign(n_places, std::numeric_limits<double>::quiet_NaN());
    std::size_t cell = begin;
    for (const std::size_t place : chosen_places(options.places, n_places)) {
      values[place] = cells[cell++];
    }
  }
}

std::string name_of_place(const AblationResult& result, std::size_t index) {
  if (!result.ablated.empty()) return fmt::format("{}", fmt::join(result.ablated, " "));
  return place_name(grid_places(result.grid.axes)[index]);
}

}  // namespace

std::vector<AblationEffects> ablation_effects(Session& session, std::span<AskedPrompt> asked,
                                              const AblationOptions& options) {
  check_layers(options.together, session.spec());
  std::vector<TokenSequence> sequences;
  for (const AskedPrompt& prompt : asked) sequences.push_back(prompt.sequence);
  Sweep sweep(session, options.asked.metric, options.sweep);
  ReferenceValues references(session, options);
  std::vector<AblationEffects> effects(asked.size());
  for (const Range group : sweep.groups(sequences, 1)) {
    const auto first = static_cast<std::size_t>(group.begin),
               n = static_cast<std::size_t>(group.size());
    ablate_some(sweep, session.spec(), references, options, first, asked.subspan(first, n),
                std::span(effects).subspan(first, n));
  }
  return effects;
}

std::vector<double> ablated_again(Session& session, AskedPrompt& asked, AblationOptions options,
                                  const SweepOptions& sweep,
                                  const std::vector<std::size_t>& places) {
  options.sweep = sweep;
  options.places = places;
  return values_at(ablation_effects(session, {&asked, 1}, options).front().grid, places);
}

AblationResult ablate(Session& session, const Prompt& prompt, const AblationOptions& options) {
  std::vector<AskedPrompt> asked;
  asked.push_back(ask(session, prompt, options.asked));
  AblationEffects effects = std::move(ablation_effects(session, asked, options).front());
  AblationResult result;
  result.prompt = prompt.tokens;
  result.question = asked.front().told;
  result.site = site_kind_name(options.site);
  result.kind = to_string(options.replacement);
  for (const GridPlace& place : options.together) result.ablated.push_back(place_name(place));
  result.base = effects.base;
  result.grid = std::move(effects.grid);
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation =
      deviation_from_f32(session, options.sweep,
                         {.metric = to_string(options.asked.metric),
                          .prompts = {{result.grid.values, result.base}},
                          .name = [&](std::size_t place) { return name_of_place(result, place); },
                          .again =
                              [&](Session& f32, const SweepOptions& sweep, std::size_t,
                                  const std::vector<std::size_t>& places) {
                                return ablated_again(f32, asked.front(), options, sweep, places);
                              }});
  if (options.replacement == Replacement::resample) result.provenance.seed = options.seed;
  return result;
}

}  // namespace headlens
