#pragma once

#include "benchmarks/worker/prepared_case.h"
#include "benchmarks/worker/request.h"

namespace headlens::bench {

/// Structural distance or depth probes of every layer, from the same matrix and order as the
/// peer's; reading the states is not measured.
/// @throws UsageError  if an argument makes no sense
PreparedCase structural_probe_case(const Request& request);

}  // namespace headlens::bench
