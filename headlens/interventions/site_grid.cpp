#include "headlens/interventions/site_grid.h"

#include <numeric>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

GridAxis axis(std::string name, std::int64_t size) {
  GridAxis axis{std::move(name), std::vector<int>(size)};
  std::iota(axis.indices.begin(), axis.indices.end(), 0);
  return axis;
}

}  // namespace

std::vector<GridAxis> grid_axes(SiteKind kind, GridColumns columns, const ModelSpec& spec,
                                std::int64_t length) {
  std::vector<GridAxis> axes{axis("layer", spec.n_layers())};
  if (columns == GridColumns::heads || columns == GridColumns::heads_and_positions) {
    if (!site_has_heads(kind)) {
      throw UsageError("the site " + site_kind_name(kind) + " has no heads; sweep over positions");
    }
    axes.push_back(axis("head", site_heads(kind, spec.block())));
  }
  if (columns == GridColumns::positions || columns == GridColumns::heads_and_positions) {
    axes.push_back(axis("position", length));
  }
  return axes;
}

std::vector<GridPlace> grid_places(const std::vector<GridAxis>& axes) {
  std::vector<GridPlace> places{{}};
  for (const GridAxis& axis : axes) {
    std::vector<GridPlace> finer;
    for (GridPlace place : places) {
      for (const int index : axis.indices) {
        if (axis.name == "layer") place.layer = index;
        if (axis.name == "head") place.head = index;
        if (axis.name == "position") place.position = index;
        finer.push_back(place);
      }
    }
    places = std::move(finer);
  }
  return places;
}

std::string site_kind_name(SiteKind kind) {
  const std::string name = to_string(Site{kind, is_per_layer(kind) ? 0 : -1});
  const std::string_view hook = "hook_";
  const std::size_t at = name.rfind(hook);
  return at == std::string::npos ? name : name.substr(at + hook.size());
}

SiteKind parse_site_kind(std::string_view name) {
  std::string all;
  for (const Site site : all_sites(1)) {
    if (!is_per_layer(site.kind)) continue;
    const std::string known = site_kind_name(site.kind);
    // Both norms of a block have sites of these names.
    if (known == "scale" || known == "normalized") continue;
    if (known == name) return site.kind;
    all += (all.empty() ? "" : ", ") + known;
  }
  throw UsageError("no site \"" + std::string(name) + "\" in a block; there are " + all);
}

}  // namespace headlens
