#include "headlens/interventions/attribution_patching.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/interventions/pattern_change.h"
#include "headlens/interventions/site_values.h"
#include "headlens/statistics/rank_correlation.h"

namespace headlens {
namespace {

bool is_query_or_key(SiteKind kind) { return kind == SiteKind::q || kind == SiteKind::k; }

void check_options(const AttributionOptions& options) {
  if (options.steps < 0) throw UsageError("the steps of integrated gradients cannot be negative");
  if (!options.exact_softmax) return;
  if (!is_query_or_key(options.site)) {
    throw UsageError("the exact softmax is of queries and keys: use the site q or k");
  }
  if (options.steps > 0) {
    throw UsageError("the exact softmax is taken at the edited run; leave out the steps");
  }
}

/// What a site's difference at a place is worth along its gradient.
class LinearEstimates {
 public:
  LinearEstimates(Session& session, const AttributionOptions& options, const TokenSequence& edited,
                  const TokenSequence& source)
      : spec_(session.spec()),
        kind_(options.site),
        edited_(site_values(session, options.site, edited)),
        source_(site_values(session, options.site, source)),
        length_(static_cast<std::int64_t>(edited.ids.size())) {}

  double at(const GridPlace& place, const SiteGradients& gradients) const {
    const float* gradient = gradients.at({kind_, place.layer}).data();
    const float* a = source_[place.layer]->data();
    const float* b = edited_[place.layer]->data();
    const bool pattern = is_pattern_site(kind_);
    const std::int64_t heads = site_heads(kind_, spec_.block());
    const std::int64_t width = pattern ? length_ : site_width(kind_, spec_.block()) / heads;
    double sum = 0;
    for (std::int64_t h = 0; h < heads; ++h) {
      if (place.head >= 0 && h != place.head) continue;
      for (std::int64_t p = 0; p < length_; ++p) {
        if (place.position >= 0 && p != place.position) continue;
        const std::int64_t first = (pattern ? h * length_ + p : p * heads + h) * width;
        const Range numbers = place.key < 0 ? Range{first, first + width}
                                            : Range{first + place.key, first + place.key + 1};
        for (std::int64_t i = numbers.begin; i < numbers.end; ++i) {
          // Masked scores are infinite in both runs.
          if (a[i] != b[i]) sum += (static_cast<double>(a[i]) - b[i]) * gradient[i];
        }
      }
    }
    return sum;
  }

 private:
  const ModelSpec& spec_;
  SiteKind kind_;
  std::vector<std::shared_ptr<const Tensor>> edited_, source_;
  std::int64_t length_;
};

std::set<Site> sites_of(SiteKind kind, const ModelSpec& spec) {
  std::set<Site> sites;
  for (int layer = 0; layer < spec.n_layers(); ++layer) sites.insert({kind, layer});
  return sites;
}

std::vector<double> linear_estimates(Session& session, AskedPair& pair,
                                     const AttributionOptions& options,
                                     const std::vector<GridPlace>& places) {
  const bool denoise = options.direction == PatchDirection::denoise;
  const LinearEstimates linear(session, options, denoise ? pair.corrupt : pair.clean.sequence,
                               denoise ? pair.clean.sequence : pair.corrupt);
  const SiteGradients gradients =
      path_gradients(session, options.asked.metric, pair, options.direction, {options.steps},
                     sites_of(options.site, session.spec()));
  std::vector<double> estimates;
  for (const GridPlace& place : places) estimates.push_back(linear.at(place, gradients));
  return estimates;
}

std::vector<double> softmax_estimates(Session& session, AskedPair& pair,
                                      const AttributionOptions& options,
                                      const std::vector<GridPlace>& places) {
  const ModelSpec& spec = session.spec();
  const bool queries = options.site == SiteKind::q, rotary = spec.block().rotary.has_value();
  const SiteKind read =
      queries ? (rotary ? SiteKind::rot_q : SiteKind::q) : (rotary ? SiteKind::rot_k : SiteKind::k);
  const bool denoise = options.direction == PatchDirection::denoise;
  const auto source = site_values(session, read, denoise ? pair.clean.sequence : pair.corrupt);
  std::vector<double> estimates(places.size());
  path_gradients(session, options.asked.metric, pair, options.direction, {},
                 sites_of(SiteKind::pattern, spec),
                 [&](std::size_t, const SequenceTape& tape, const SiteGradients& gradients) {
                   for (std::size_t i = 0; i < places.size(); ++i) {
                     const GridPlace& place = places[i];
                     const PatternChange change(spec.blocks[place.layer], place.layer, tape,
                                                gradients, *source[place.layer]);
                     const std::int64_t heads = site_heads(options.site, spec.block());
                     for (std::int64_t h = 0; h < heads; ++h) {
                       if (place.head >= 0 && h != place.head) continue;
                       estimates[i] += queries ? change.of_query(h, place.position)
                                               : change.of_key(h, place.position);
                     }
                   }
                 });
  return estimates;
}

std::vector<std::size_t> largest(const std::vector<double>& values, int count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return std::abs(values[i]); });
  order.resize(std::min<std::size_t>(order.size(), static_cast<std::size_t>(std::max(count, 0))));
  return order;
}

}  // namespace

AttributionResult attribute_patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                                  const AttributionOptions& options) {
  check_options(options);
  std::vector<AskedPair> pairs;
  pairs.push_back(ask_pair(session, clean, corrupt, options.asked));
  AttributionResult result;
  result.estimates.axes =
      grid_axes(options.site, options.columns, session.spec(), pairs.front().clean.prompt_length);
  const std::vector<GridPlace> places = grid_places(result.estimates.axes);
  result.estimates.values = options.exact_softmax
                                ? softmax_estimates(session, pairs.front(), options, places)
                                : linear_estimates(session, pairs.front(), options, places);
  PatchOptions exact{.asked = options.asked,
                     .site = options.site,
                     .columns = options.columns,
                     .direction = options.direction,
                     .places = largest(result.estimates.values, std::max(options.verify, 1)),
                     .sweep = options.sweep};
  const PatchEffects effects = std::move(patch_effects(session, pairs, exact).front());
  const double edited = effects.edited(options.direction);
  std::vector<double> estimates, changes;
  for (const std::size_t i : exact.places) {
    if (options.verify <= 0) break;
    estimates.push_back(result.estimates.values[i]);
    changes.push_back(effects.grid.values[i] - edited);
    result.verified.push_back({place_name(places[i]), estimates.back(), changes.back()});
  }
  result.quality = quality_of(estimates, changes);
  result.clean = clean.tokens;
  result.corrupt = corrupt.tokens;
  result.question = pairs.front().clean.told;
  result.site = site_kind_name(options.site);
  result.direction = to_string(options.direction);
  result.method = GradientPath{options.steps}.name(options.direction) +
                  (options.exact_softmax ? ", softmax exact" : "");
  result.clean_metric = effects.clean;
  result.corrupt_metric = effects.corrupt;
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation = deviation_of_patches(session, pairs.front(), effects, exact);
  return result;
}

EstimateQuality quality_of(std::span<const double> estimates, std::span<const double> effects) {
  EstimateQuality quality{.verified = static_cast<int>(estimates.size())};
  std::vector<double> sizes, sizes_of_effects;
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    const auto n = static_cast<double>(estimates.size());
    quality.mean_absolute_error += std::abs(estimates[i] - effects[i]) / n;
    quality.mean_absolute_effect += std::abs(effects[i]) / n;
    sizes.push_back(std::abs(estimates[i]));
    sizes_of_effects.push_back(std::abs(effects[i]));
  }
  quality.rank_correlation = spearman(sizes, sizes_of_effects);
  return quality;
}

}  // namespace headlens
