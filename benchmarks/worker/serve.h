#pragma once

#include <functional>

#include "benchmarks/worker/prepared_case.h"
#include "benchmarks/worker/request.h"

namespace headlens::bench {

using Prepare = std::function<PreparedCase(const Request&)>;

/// The loop of a worker: one request a line on standard input, one answer a line on standard
/// output, as peers/README.md describes them. Ends when the input does.
void serve(const Prepare& prepare);

}  // namespace headlens::bench
