#pragma once

#include "benchmarks/worker/bench_cases.h"

namespace headlens::bench {

/// Ablates each place of a site's grid: [layer, head].
PreparedCase ablate_case(const Request& request, Session& session);

/// Patches each place of a site's grid from the clean run into the corrupt one: [layer, position]
/// or [layer, head].
PreparedCase patch_case(const Request& request, Session& session);

}  // namespace headlens::bench
