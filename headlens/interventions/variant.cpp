#include "headlens/interventions/variant.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/models/taps.h"

namespace headlens {
namespace {

/// Values and erasers that were looked through, with whether masked scores may be among them.
using SeenValues = std::set<std::pair<const void*, bool>>;

bool is_finite(const LinearEraser& eraser) {
  const auto finite = [](double v) { return std::isfinite(v); };
  return std::ranges::all_of(eraser.mean, finite) && std::ranges::all_of(eraser.left, finite) &&
         std::ranges::all_of(eraser.right, finite);
}

/// @return  whether its numbers are finite
bool check_eraser(const Intervention& intervention, const BlockSpec& spec, SeenValues& seen) {
  const LinearEraser& eraser = *intervention.edit.eraser;
  const SiteKind kind = intervention.site.kind;
  if (is_pattern_site(kind)) {
    throw UsageError(to_string(intervention.site) + " has no directions that could be erased");
  }
  const std::int64_t heads = intervention.head < 0 ? 1 : site_heads(kind, spec);
  const auto n = static_cast<std::size_t>(site_width(kind, spec) / heads);
  const std::size_t numbers = n * static_cast<std::size_t>(eraser.rank);
  if (eraser.mean.size() != n || eraser.left.size() != numbers || eraser.right.size() != numbers) {
    throw ShapeError("eraser of " + to_string(intervention.site), std::to_string(n) + " columns",
                     std::to_string(eraser.width()));
  }
  return !seen.insert({&eraser, false}).second || is_finite(eraser);
}

void check_values(const Intervention& intervention, const BlockSpec& spec, std::int64_t length,
                  SeenValues& seen) {
  const auto& [keep, gain, values, eraser] = intervention.edit;
  const SiteKind kind = intervention.site.kind;
  bool finite = std::isfinite(keep) && std::isfinite(gain);
  if (eraser != nullptr) finite = check_eraser(intervention, spec, seen) && finite;
  if (values != nullptr) {
    Shape expected{values->rank() > 0 && values->size(0) == 1 ? 1 : length, 0};
    if (is_pattern_site(kind)) {
      expected = {spec.n_heads, length, length};
    } else {
      expected.back() = site_width(kind, spec);
    }
    if (values->shape() != expected) {
      throw ShapeError("edit of " + to_string(intervention.site), to_string(expected),
                       to_string(values->shape()));
    }
    const bool may_mask = kind == SiteKind::attn_scores && keep == 0 && gain > 0;
    if (seen.insert({values.get(), may_mask}).second) {
      constexpr float kMasked = -std::numeric_limits<float>::infinity();
      finite = finite && std::ranges::all_of(values->values(), [&](float v) {
                 return std::isfinite(v) || (may_mask && v == kMasked);
               });
    }
  }
  if (!finite) {
    throw UsageError("the edit of " + to_string(intervention.site) +
                     " holds numbers that are not finite");
  }
}

void check_positions(const std::vector<std::int64_t>& positions, std::int64_t length) {
  for (const std::int64_t position : positions) {
    if (position >= 0 && position < length) continue;
    throw UsageError("position " + std::to_string(position) + " does not exist: the prompt has " +
                     std::to_string(length) + " tokens");
  }
}

void check_variant(const Variant& variant, const ModelSpec& spec, SeenValues& seen) {
  const std::int64_t length = variant.base->length();
  for (const Intervention& intervention : variant.interventions) {
    const Site site = intervention.site;
    if (!has_site(site, spec)) {
      throw UsageError("this model has no site " + to_string(site) + "; it has " +
                       std::to_string(spec.n_layers()) + " layers");
    }
    const std::int64_t heads = site_heads(site.kind, spec.block());
    if (intervention.head >= heads) {
      throw UsageError(to_string(site) + " has no head " + std::to_string(intervention.head) +
                       "; it has " + std::to_string(heads));
    }
    if (!intervention.keys.empty() && !is_pattern_site(site.kind)) {
      throw UsageError(to_string(site) + " has no keys; only scores and patterns have");
    }
    check_positions(intervention.positions, length);
    check_positions(intervention.keys, length);
    check_values(intervention, spec.block(), length, seen);
  }
}

bool is_after_blocks(SiteKind kind) {
  return kind == SiteKind::ln_final_scale || kind == SiteKind::ln_final_normalized;
}

/// Whether a site of a block comes before z.
bool is_before_z(SiteKind kind, const BlockSpec& spec) {
  switch (kind) {
    case SiteKind::resid_pre:
    case SiteKind::q:
    case SiteKind::k:
    case SiteKind::v:
    case SiteKind::rot_q:
    case SiteKind::rot_k:
    case SiteKind::attn_scores:
    case SiteKind::pattern:
      return true;
    case SiteKind::ln1_scale:
    case SiteKind::ln1_normalized:
      return spec.norm_place == NormPlace::pre;
    default:
      return false;
  }
}

}  // namespace

bool is_pattern_site(SiteKind kind) {
  return kind == SiteKind::attn_scores || kind == SiteKind::pattern;
}

bool site_has_heads(SiteKind kind) {
  switch (kind) {
    case SiteKind::q:
    case SiteKind::k:
    case SiteKind::v:
    case SiteKind::rot_q:
    case SiteKind::rot_k:
    case SiteKind::z:
    case SiteKind::result:
      return true;
    default:
      return is_pattern_site(kind);
  }
}

std::int64_t site_heads(SiteKind kind, const BlockSpec& spec) {
  const bool keys_or_values = kind == SiteKind::k || kind == SiteKind::rot_k || kind == SiteKind::v;
  if (keys_or_values) return spec.n_kv_heads;
  return site_has_heads(kind) ? spec.n_heads : 1;
}

std::int64_t site_width(SiteKind kind, const BlockSpec& spec) {
  switch (kind) {
    case SiteKind::q:
    case SiteKind::rot_q:
    case SiteKind::z:
      return spec.q_width();
    case SiteKind::k:
    case SiteKind::rot_k:
    case SiteKind::v:
      return spec.kv_width();
    case SiteKind::result:
      return spec.n_heads * spec.d_model;
    case SiteKind::mlp_pre:
    case SiteKind::mlp_pre_linear:
    case SiteKind::mlp_post:
      return spec.d_mlp;
    case SiteKind::ln1_scale:
    case SiteKind::ln2_scale:
    case SiteKind::ln_final_scale:
      return 1;
    default:
      return spec.d_model;
  }
}

void check_variants(std::span<const Variant> variants, const ModelSpec& spec) {
  SeenValues seen;
  for (const Variant& variant : variants) check_variant(variant, spec, seen);
}

Departure departure_of(const Variant& variant, const ModelSpec& spec) {
  Departure departure{spec.n_layers(), variant.base->length()};
  for (const Intervention& intervention : variant.interventions) {
    const bool at_end = is_after_blocks(intervention.site.kind);
    departure.layer = std::min(departure.layer, at_end ? spec.n_layers() : intervention.site.layer);
    departure.position =
        intervention.positions.empty()
            ? 0
            : std::min(departure.position, *std::ranges::min_element(intervention.positions));
  }
  departure.after_attention =
      departure.layer >= 0 && departure.layer < spec.n_layers() &&
      std::ranges::none_of(variant.interventions, [&](const Intervention& intervention) {
        return intervention.site.layer == departure.layer &&
               is_before_z(intervention.site.kind, spec.block());
      });
  if (!spec.block().causal && departure.layer < spec.n_layers()) departure.position = 0;
  return departure;
}

}  // namespace headlens
