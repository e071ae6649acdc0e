#include "headlens/reports/lens_access.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {

void check_lens(const LensResult& result) {
  const auto tokens = static_cast<int>(result.prompt.tokens.size());
  const std::size_t positions = result.positions.size();
  const bool rows_agree = std::ranges::all_of(
      result.cells_LP, [positions](const auto& row) { return row.size() == positions; });
  const bool positions_exist = std::ranges::all_of(
      result.positions, [tokens](int position) { return position >= 0 && position < tokens; });
  if (!result.layers.empty() && positions > 0 && result.cells_LP.size() == result.layers.size() &&
      rows_agree && positions_exist) {
    return;
  }
  throw ShapeError("lens figure",
                   fmt::format("one cell for each of {} layers and {} positions of {} tokens",
                               result.layers.size(), positions, tokens),
                   fmt::format("{} layers of cells", result.cells_LP.size()));
}

}  // namespace headlens
