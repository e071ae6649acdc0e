#pragma once

#include "benchmarks/worker/bench_model.h"
#include "benchmarks/worker/prepared_case.h"
#include "benchmarks/worker/request.h"

namespace headlens::bench {

/// @throws UsageError  if there is no such case or its arguments make no sense
PreparedCase prepare_case(const Request& request, BenchModel& model);

}  // namespace headlens::bench
