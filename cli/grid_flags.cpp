#include "cli/grid_flags.h"

#include "headlens/base/errors.h"

namespace headlens::cli {

void GridFlags::add_to(CLI::App& command) {
  command.add_flag("--by-position", by_position,
                   "Each position by itself; of scores and patterns, each query");
  command.add_flag("--by-head", by_head, "Each head by itself; the default where there are heads");
  command.add_flag(
      "--by-position-pair", by_position_pair,
      "Each pair of query and key of each head by itself; for pattern and attn_scores");
}

GridColumns GridFlags::columns(SiteKind site) const {
  if (by_position && by_position_pair) {
    throw UsageError("give --by-position or --by-position-pair, not both");
  }
  const GridColumns columns = asked_columns(site);
  check_columns(site, columns);
  return columns;
}

GridColumns GridFlags::asked_columns(SiteKind site) const {
  if (by_position_pair) return GridColumns::heads_and_position_pairs;
  if (by_head && by_position) return GridColumns::heads_and_positions;
  if (by_head || (site_has_heads(site) && !by_position)) return GridColumns::heads;
  return GridColumns::positions;
}

}  // namespace headlens::cli
