#pragma once

#include "headlens/learn/shared_pass.h"

namespace headlens {

/// Brings every problem to its optimum, or to its last iteration, with all threads. Problems that
/// share the examples share each reading of them; what each of them gets does not depend, to the
/// last bit, on the others or on the number of threads.
/// @throws CancelledError  if cancellation was requested
void solve_logistic(const ExampleMatrix& examples, SharedPass::Problems& problems);

}  // namespace headlens
