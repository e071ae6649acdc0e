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

bool has_pairs(GridColumns columns) { return columns == GridColumns::heads_and_position_pairs; }

bool has_heads(GridColumns columns) {
  return columns == GridColumns::heads || columns == GridColumns::heads_and_positions ||
         has_pairs(columns);
}

}  // namespace

void check_columns(SiteKind kind, GridColumns columns) {
  if (has_pairs(columns) && !is_pattern_site(kind)) {
    throw UsageError("the site " + site_kind_name(kind) +
                     " has no pairs of positions; pattern and attn_scores have");
  }
  if (has_heads(columns) && !site_has_heads(kind)) {
    throw UsageError("the site " + site_kind_name(kind) + " has no heads; sweep over positions");
  }
}

std::vector<GridAxis> grid_axes(SiteKind kind, GridColumns columns, const ModelSpec& spec,
                                std::int64_t length) {
  check_columns(kind, columns);
  std::vector<GridAxis> axes{axis("layer", spec.n_layers())};
  if (has_heads(columns)) axes.push_back(axis("head", site_heads(kind, spec.block())));
  if (columns == GridColumns::positions || columns == GridColumns::heads_and_positions) {
    axes.push_back(axis("position", length));
  }
  if (has_pairs(columns)) {
    axes.push_back(axis("query", length));
    axes.push_back(axis("key", length));
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
        if (axis.name == "position" || axis.name == "query") place.position = index;
        if (axis.name == "key") place.key = index;
        finer.push_back(place);
      }
    }
    places = std::move(finer);
  }
  return places;
}

std::vector<std::size_t> chosen_places(const std::vector<std::size_t>& chosen,
                                       std::size_t n_places) {
  if (!chosen.empty()) return chosen;
  std::vector<std::size_t> all(n_places);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<double> values_at(const EffectGrid& grid, const std::vector<std::size_t>& places) {
  std::vector<double> values;
  for (const std::size_t place : places) values.push_back(grid.values[place]);
  return values;
}

std::string place_name(const GridPlace& place) {
  std::string name = "L" + std::to_string(place.layer);
  if (place.head >= 0) name += "H" + std::to_string(place.head);
  if (place.position >= 0) {
    name += (place.key >= 0 ? " query " : " position ") + std::to_string(place.position);
  }
  if (place.key >= 0) name += " key " + std::to_string(place.key);
  return name;
}

bool is_masked(const GridPlace& place, const BlockSpec& spec) {
  return spec.causal && place.key > place.position;
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
