#pragma once

#include "benchmarks/worker/prepared_case.h"
#include "benchmarks/worker/request.h"

namespace headlens::bench {

/// Logistic regression on every layer's states: of each set of labels, on all rows or
/// cross-validated; reading the states is not measured.
/// @throws UsageError  if an argument makes no sense
PreparedCase layer_probes_case(const Request& request);

}  // namespace headlens::bench
