// Whole forward passes of SmolLM2-135M on all threads.

#include "benchmarks/models/bench_session.h"

namespace headlens::bench {
namespace {

void count_tokens(benchmark::State& state) {
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state, Precision precision, Logits logits) {
  const auto model = find_model(state);
  if (!model) return;
  Session session(*model, {.precision = precision});
  const TokenSequence sequence = some_tokens(state.range(0), session.spec().vocab_size);
  session.run({sequence}, {.logits = logits});
  for (auto _ : state) {
    benchmark::DoNotOptimize(session.run({sequence}, {.logits = logits}));
  }
  count_tokens(state);
}

void cached(benchmark::State& state, Precision precision) {
  const auto model = find_model(state);
  if (!model) return;
  Session session(*model, {.precision = precision});
  const TokenSequence sequence = some_tokens(state.range(0), session.spec().vocab_size);
  std::vector<Site> sites;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) {
    sites.push_back({SiteKind::pattern, layer});
    sites.push_back({SiteKind::resid_post, layer});
  }
  const RunOptions options{.logits = Logits::none};
  session.run_with_cache({sequence}, sites, options);
  for (auto _ : state) {
    benchmark::DoNotOptimize(session.run_with_cache({sequence}, sites, options));
  }
  count_tokens(state);
}

#define HEADLENS_FORWARD_BENCH(...) \
  BENCHMARK_CAPTURE(__VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()->ArgName("tokens")

HEADLENS_FORWARD_BENCH(forward, all_logits_f32, Precision::f32, Logits::all)->Arg(14)->Arg(512);
HEADLENS_FORWARD_BENCH(forward, all_logits_bf16, Precision::bf16, Logits::all)->Arg(14)->Arg(512);
HEADLENS_FORWARD_BENCH(forward, last_logits_f32, Precision::f32, Logits::last)->Arg(14)->Arg(512);
HEADLENS_FORWARD_BENCH(cached, patterns_and_states_f32, Precision::f32)->Arg(14)->Arg(512);
HEADLENS_FORWARD_BENCH(cached, patterns_and_states_bf16, Precision::bf16)->Arg(14)->Arg(512);

}  // namespace
}  // namespace headlens::bench
