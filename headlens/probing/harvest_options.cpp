#include "headlens/probing/harvest_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::array<std::string_view, 3> kUnits = {"word", "token", "sentence"};

}  // namespace

std::string to_string(HarvestUnit unit) { return std::string(kUnits[static_cast<int>(unit)]); }

std::optional<HarvestUnit> parse_harvest_unit(std::string_view name) {
  const auto found = std::ranges::find(kUnits, name);
  if (found == kUnits.end()) return std::nullopt;
  return static_cast<HarvestUnit>(found - kUnits.begin());
}

Site hidden_state_site(const ModelSpec& spec, int layer) {
  const int count = spec.n_layers();
  if (layer < 0 || layer > count) {
    throw UsageError(
        fmt::format("hidden state {} does not exist: the model has 0 to {}", layer, count));
  }
  if (layer < count) return {SiteKind::resid_pre, layer};
  const bool post = spec.block().norm_place == NormPlace::post;
  return {post ? SiteKind::normalized_resid_post : SiteKind::resid_post, count - 1};
}

}  // namespace headlens
