#pragma once

#include "benchmarks/worker/prepared_case.h"
#include "benchmarks/worker/request.h"

namespace headlens::bench {

/// "setup", or "logistic_regression" or "structural_probe" of states and labels from .npy files;
/// reading them is not measured.
/// @throws UsageError  if there is no such case or its arguments make no sense
PreparedCase prepare_learn_case(const Request& request);

}  // namespace headlens::bench
