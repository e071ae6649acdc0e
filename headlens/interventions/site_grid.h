#pragma once

#include <functional>

#include "headlens/interventions/variant.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

/// What a sweep goes over in every layer.
enum class GridColumns : std::uint8_t { whole, heads, positions, heads_and_positions };

/// One place of a grid.
struct GridPlace {
  int layer = 0;
  int head = -1;               ///< -1: all
  std::int64_t position = -1;  ///< -1: all
};

/// The axes of a grid over every layer of a model.
/// @throws UsageError  if heads are asked for at a site that has none
std::vector<GridAxis> grid_axes(SiteKind kind, GridColumns columns, const ModelSpec& spec,
                                std::int64_t length);

/// The places of a grid in C order.
std::vector<GridPlace> grid_places(const std::vector<GridAxis>& axes);

/// "z", "resid_pre", ...: TransformerLens's hook name without "hook_". Sites outside blocks have
/// no grid.
/// @throws UsageError  if there is no such site in a block; lists them
SiteKind parse_site_kind(std::string_view name);
std::string site_kind_name(SiteKind kind);

}  // namespace headlens
