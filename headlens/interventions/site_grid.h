#pragma once

#include <functional>

#include "headlens/interventions/variant.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

/// What a sweep goes over in every layer.
enum class GridColumns : std::uint8_t {
  whole,
  heads,
  positions,
  heads_and_positions,
  heads_and_position_pairs,  ///< every query and key of every head's scores or pattern
};

/// One place of a grid.
struct GridPlace {
  int layer = 0;
  int head = -1;               ///< -1: all
  std::int64_t position = -1;  ///< of scores and patterns, the query; -1: all
  std::int64_t key = -1;       ///< of scores and patterns; -1: all
};

/// @throws UsageError  if heads, or pairs of positions, are asked for at a site that has none
void check_columns(SiteKind kind, GridColumns columns);

/// The axes of a grid over every layer of a model: "layer", then "head", "position", or "query" and
/// "key".
/// @throws UsageError  as check_columns()
std::vector<GridAxis> grid_axes(SiteKind kind, GridColumns columns, const ModelSpec& spec,
                                std::int64_t length);

/// The places of a grid in C order.
std::vector<GridPlace> grid_places(const std::vector<GridAxis>& axes);

/// Indices of the places that were chosen; where none were, of all.
std::vector<std::size_t> chosen_places(const std::vector<std::size_t>& chosen,
                                       std::size_t n_places);

/// A grid's values at some places, in their order.
std::vector<double> values_at(const EffectGrid& grid, const std::vector<std::size_t>& places);

/// "L5H3", "L5H3 position 2", "L5H3 query 7 key 2".
std::string place_name(const GridPlace& place);

/// Whether a causal model masks the place: its key comes after its query.
bool is_masked(const GridPlace& place, const BlockSpec& spec);

/// "z", "resid_pre", ...: TransformerLens's hook name without "hook_". Sites outside blocks have
/// no grid.
/// @throws UsageError  if there is no such site in a block; lists them
SiteKind parse_site_kind(std::string_view name);
std::string site_kind_name(SiteKind kind);

}  // namespace headlens
