#pragma once

#include <cstdint>

#include "headlens/base/team.h"

namespace headlens {

/// Work is cut into this many parts whatever the number of threads, and sums are taken part by part
/// in order, so that results do not depend on how many threads there are.
inline constexpr int kWorkParts = 16;

/// The part's share of [0, n).
inline Range part_range(int part, std::int64_t n) {
  return {n * part / kWorkParts, n * (part + 1) / kWorkParts};
}

}  // namespace headlens
