// headlens-learn-worker: our side of peers/probe_regression.py and peers/structural_probe.py, which
// need no model.

#include "benchmarks/worker/learn_cases.h"
#include "benchmarks/worker/serve.h"

int main() {
  headlens::bench::serve(headlens::bench::prepare_learn_case);
  return 0;
}
