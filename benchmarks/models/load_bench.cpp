// From a closed file to weights that are ready to run, on all threads, the file in the page cache.

#include "benchmarks/models/bench_session.h"

namespace headlens::bench {
namespace {

void load(benchmark::State& state, Precision precision) {
  const auto found = find_model(state);
  if (!found) return;
  for (auto _ : state) {
    const auto model = Model::open(found->path, precision);
    model->load_blocks(model->spec().n_layers());
    model->load_head();
    benchmark::DoNotOptimize(model.get());
  }
}

BENCHMARK_CAPTURE(load, f32, Precision::f32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(load, bf16, Precision::bf16)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace headlens::bench
