#pragma once

#include <CLI/CLI.hpp>

#include "headlens/interventions/site_grid.h"

namespace headlens::cli {

/// What a grid of patches has in every layer.
struct GridFlags {
  bool by_position = false, by_head = false, by_position_pair = false;

  void add_to(CLI::App& command);
  /// Heads, where the site has them and nothing was said; else positions.
  /// @throws UsageError  if the site has no heads or pairs of positions but they are asked for, or
  ///                     if positions are asked for both by themselves and in pairs
  GridColumns columns(SiteKind site) const;

 private:
  GridColumns asked_columns(SiteKind site) const;
};

}  // namespace headlens::cli
