#include "headlens/interventions/ablation.h"

#include "headlens/interventions/record.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

using LayerValues = std::vector<std::shared_ptr<const Tensor>>;

Intervention ablation_at(const GridPlace& place, SiteKind kind, const LayerValues& values) {
  Intervention intervention{.site = {kind, place.layer}, .head = place.head};
  if (place.position >= 0) intervention.positions = {place.position};
  intervention.edit.values = values.at(place.layer);
  return intervention;
}

std::string place_name(const GridPlace& place) {
  std::string name = "L" + std::to_string(place.layer);
  if (place.head >= 0) name += "H" + std::to_string(place.head);
  if (place.position >= 0) name += " position " + std::to_string(place.position);
  return name;
}

void check_layers(const std::vector<GridPlace>& places, const ModelSpec& spec) {
  for (const GridPlace& place : places) {
    if (place.layer >= 0 && place.layer < spec.n_layers()) continue;
    throw UsageError("layer " + std::to_string(place.layer) + " does not exist: the model has " +
                     std::to_string(spec.n_layers()) + ", 0 to " +
                     std::to_string(spec.n_layers() - 1));
  }
}

}  // namespace

AblationResult ablate(Session& session, const Prompt& prompt, const AblationOptions& options) {
  check_layers(options.together, session.spec());
  AskedPrompt asked = ask(session, prompt, options.asked);
  const auto bases = record_base_runs(session, {asked.sequence});
  const BaseRun& base = *bases.front();
  Sweep sweep(session, options.asked.metric, options.sweep);
  sweep.readout().prepare(asked.question, base);

  AblationResult result;
  result.prompt = prompt.tokens;
  result.question = asked.told;
  result.site = site_kind_name(options.site);
  result.kind = to_string(options.replacement);
  result.base = sweep.readout().read_base(asked.question, base);
  const LayerValues values = reference_values(session, options.site, options.replacement,
                                              options.reference, base.length(), options.seed);
  std::vector<Variant> variants;
  if (!options.together.empty()) {
    Variant& all = variants.emplace_back(&base, &asked.question);
    for (const GridPlace& place : options.together) {
      all.interventions.push_back(ablation_at(place, options.site, values));
      result.ablated.push_back(place_name(place));
    }
  } else {
    const auto length = static_cast<std::int64_t>(prompt.sequence.ids.size());
    result.grid.axes = grid_axes(options.site, options.columns, session.spec(), length);
    for (const GridPlace& place : grid_places(result.grid.axes)) {
      variants.push_back({&base, &asked.question, {ablation_at(place, options.site, values)}});
    }
  }
  result.grid.values = sweep.run(variants);
  result.provenance = provenance_of(session);
  if (options.replacement == Replacement::resample) result.provenance.seed = options.seed;
  return result;
}

}  // namespace headlens
