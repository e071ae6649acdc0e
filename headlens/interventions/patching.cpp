#include "headlens/interventions/patching.h"

#include <algorithm>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/interventions/record.h"
#include "headlens/run/provenance.h"

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

/// Positions at which activations can differ: in a causal model, from the first other token on.
std::int64_t first_difference(const BaseRun& edited, const BaseRun& source, bool causal) {
  if (!causal) return 0;
  const auto& a = edited.tokens.ids;
  const auto& b = source.tokens.ids;
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

Intervention patch_at(const GridPlace& place, SiteKind kind, std::int64_t first,
                      std::int64_t length, std::shared_ptr<const Tensor> values) {
  Intervention intervention{.site = {kind, place.layer}, .head = place.head};
  intervention.edit.values = std::move(values);
  if (place.position >= 0) {
    intervention.positions = {place.position};
  } else {
    intervention.positions.resize(length - first);
    std::iota(intervention.positions.begin(), intervention.positions.end(), first);
  }
  return intervention;
}

/// A site of every layer of one run, as Edit::values.
std::vector<std::shared_ptr<const Tensor>> values_of(Session& session, SiteKind kind,
                                                     const TokenSequence& tokens) {
  std::vector<Site> sites;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) sites.push_back({kind, layer});
  RunOutput run = session.run_with_cache({tokens}, sites, {.logits = Logits::none});
  std::vector<std::shared_ptr<const Tensor>> values;
  for (const Site site : sites) {
    Tensor value = run.cache.take(site);
    const auto length = static_cast<std::int64_t>(tokens.ids.size());
    value.reshape(is_pattern_site(kind) ? Shape{session.spec().block().n_heads, length, length}
                                        : Shape{length, site_width(kind, session.spec().block())});
    values.push_back(std::make_shared<const Tensor>(std::move(value)));
  }
  return values;
}

}  // namespace

std::string_view to_string(PatchDirection direction) {
  return direction == PatchDirection::denoise ? "denoise" : "noise";
}

PatchResult patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                  const PatchOptions& options) {
  check_lengths(clean, corrupt);
  AskedPrompt asked = ask(session, clean, options.asked);
  TokenSequence corrupt_sequence = corrupt.sequence;
  const auto n_prompt = static_cast<std::ptrdiff_t>(clean.sequence.ids.size());
  corrupt_sequence.ids.insert(corrupt_sequence.ids.end(), asked.sequence.ids.begin() + n_prompt,
                              asked.sequence.ids.end());
  const auto bases = record_base_runs(session, {asked.sequence, corrupt_sequence});
  const bool denoise = options.direction == PatchDirection::denoise;
  const BaseRun& edited = *bases[denoise ? 1 : 0];
  const BaseRun& source = *bases[denoise ? 0 : 1];
  Sweep sweep(session, options.asked.metric, options.sweep);
  sweep.readout().prepare(asked.question, edited);

  PatchResult result;
  result.clean = clean.tokens;
  result.corrupt = corrupt.tokens;
  result.question = asked.told;
  result.site = site_kind_name(options.site);
  result.direction = to_string(options.direction);
  result.clean_metric = sweep.readout().read_base(asked.question, *bases[0]);
  result.corrupt_metric = sweep.readout().read_base(asked.question, *bases[1]);
  const auto length = static_cast<std::int64_t>(clean.sequence.ids.size());
  result.grid.axes = grid_axes(options.site, options.columns, session.spec(), length);
  const std::int64_t first = first_difference(edited, source, session.spec().block().causal);
  const auto values = values_of(session, options.site, source.tokens);
  std::vector<Variant> variants;
  for (const GridPlace& place : grid_places(result.grid.axes)) {
    Variant& variant = variants.emplace_back(&edited, &asked.question);
    const bool differs = first < edited.length() && (place.position < 0 || place.position >= first);
    if (!differs) continue;
    variant.interventions.push_back(
        patch_at(place, options.site, first, edited.length(), values.at(place.layer)));
  }
  result.grid.values = sweep.run(variants);
  result.provenance = provenance_of(session);
  return result;
}

}  // namespace headlens
