#pragma once

#include <string>

#include "headlens/results/pruning_result.h"

namespace headlens {

/// The whole model's loss, the loss of each order at about a dozen counts, how many heads can go
/// before it rises by 0.1 nats, and the `most` most important heads.
/// @throws ShapeError  as check_pruning()
std::string pruning_table(const PruningResult& result, int width, int most = 10);

/// Columns: removed, least_first, most_first and, where there are random orders, random_mean,
/// random_low, random_high, then random_1, random_2 ...; losses in nats per predicted token.
/// @throws ShapeError  as check_pruning()
std::string pruning_csv(const PruningResult& result);

}  // namespace headlens
