// headlens-bench-worker: our side of `./run bench --peers`. The protocol is in peers/README.md.

#include "benchmarks/worker/bench_cases.h"
#include "benchmarks/worker/serve.h"

int main() {
  using namespace headlens::bench;
  BenchModel model;
  serve([&](const Request& request) { return prepare_case(request, model); });
  return 0;
}
