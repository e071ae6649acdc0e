// What is done row by row between the products.

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "headlens/kernels/activation.h"
#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/norm.h"
#include "headlens/kernels/softmax.h"

namespace headlens {
namespace {

std::vector<float> wave(std::int64_t n) {
  std::vector<float> values(n);
  for (std::int64_t i = 0; i < n; ++i) values[i] = 4 * std::sin(static_cast<float>(i));
  return values;
}

void count_elements(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// In place, so the row is copied anew each time; the copy is in the figure.
void softmax(benchmark::State& state) {
  const std::vector<float> x = wave(state.range(0));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    std::copy(x.begin(), x.end(), y.begin());
    softmax_row(y.data(), state.range(0));
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count_elements(state);
}

void log_sum_exp(benchmark::State& state) {
  const std::vector<float> x = wave(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(headlens::log_sum_exp(x.data(), state.range(0)));
  count_elements(state);
}

void rms_norm(benchmark::State& state) {
  const std::vector<float> x = wave(state.range(0)), weight = wave(state.range(0));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    rms_norm_row(x.data(), weight.data(), 1e-5, state.range(0), y.data());
    benchmark::ClobberMemory();
  }
  count_elements(state);
}

void layer_norm(benchmark::State& state) {
  const std::vector<float> x = wave(state.range(0)), weight = wave(state.range(0));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    layer_norm_row(x.data(), weight.data(), weight.data(), 1e-5, state.range(0), y.data());
    benchmark::ClobberMemory();
  }
  count_elements(state);
}

void gated(benchmark::State& state, Activation activation) {
  const std::vector<float> gate = wave(state.range(0)), up = wave(state.range(0));
  std::vector<float> y(gate.size());
  for (auto _ : state) {
    activate_gated(activation, gate.data(), up.data(), state.range(0), y.data());
    benchmark::ClobberMemory();
  }
  count_elements(state);
}

void round_row(benchmark::State& state) {
  const std::vector<float> x = wave(state.range(0));
  std::vector<bfloat16> y(x.size());
  for (auto _ : state) {
    round_to_bfloat16(x, y.data());
    benchmark::ClobberMemory();
  }
  count_elements(state);
}

BENCHMARK(softmax)->Arg(14)->Arg(512)->Arg(1024)->Arg(49152);
BENCHMARK(log_sum_exp)->Arg(49152);
BENCHMARK(rms_norm)->Arg(576)->Arg(768);
BENCHMARK(layer_norm)->Arg(576)->Arg(768);
BENCHMARK_CAPTURE(gated, silu, Activation::silu)->Arg(1536);
BENCHMARK_CAPTURE(gated, gelu, Activation::gelu)->Arg(1536);
BENCHMARK_CAPTURE(gated, gelu_tanh, Activation::gelu_tanh)->Arg(1536);
BENCHMARK(round_row)->Arg(576)->Arg(1536);

}  // namespace
}  // namespace headlens
