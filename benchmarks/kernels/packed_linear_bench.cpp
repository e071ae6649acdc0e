// Products with packed weights, on one thread: what every layer spends most of its time on.

#include <benchmark/benchmark.h>

#include <random>

#include "headlens/kernels/packed_linear.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {
namespace {

AlignedBuffer<float> random_floats(std::int64_t n) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  AlignedBuffer<float> values(n);
  for (std::int64_t i = 0; i < n; ++i) values[i] = uniform(generator);
  return values;
}

/// One matrix of each shape; several, so that weights come from memory and not from L2 as they do
/// in a model.
class Layers {
 public:
  Layers(std::int64_t in, std::int64_t out, Precision precision) {
    const auto rows = random_floats(out * in);
    const std::int64_t bytes = in * out * (precision == Precision::f32 ? 4 : 2);
    for (std::int64_t i = 0; i < std::max<std::int64_t>(1, kWorkingSet / bytes); ++i) {
      layers_.emplace_back(out, in, precision, false).pack_rows(0, out, rows.data());
    }
  }
  const PackedLinear& next() { return layers_[turn_++ % layers_.size()]; }

 private:
  static constexpr std::int64_t kWorkingSet = std::int64_t{96} << 20;
  std::vector<PackedLinear> layers_;
  std::size_t turn_ = 0;
};

void count_operations(benchmark::State& state, std::int64_t rows, std::int64_t in,
                      std::int64_t out) {
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * static_cast<double>(rows * in * out),
                                                benchmark::Counter::kIsIterationInvariantRate,
                                                benchmark::Counter::kIs1000);
}

void multiply(benchmark::State& state, Precision precision) {
  const std::int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  Layers layers(in, out, precision);
  const auto x = random_floats(rows * in);
  AlignedBuffer<float> y(rows * out);
  for (auto _ : state) {
    layers.next().multiply(x.data(), rows, y.data(), false);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count_operations(state, rows, in, out);
}

void pack_rows(benchmark::State& state, Precision precision) {
  const std::int64_t in = state.range(0), out = state.range(1);
  const auto rows = random_floats(out * in);
  PackedLinear layer(out, in, precision, false);
  for (auto _ : state) {
    layer.pack_rows(0, out, rows.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * in * out * std::int64_t{sizeof(float)});
}

constexpr std::int64_t kLayers[][2] = {{576, 960}, {576, 3072}, {1536, 576}};

void row_counts(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "in", "out"});
  for (const auto& [in, out] : kLayers) {
    for (const std::int64_t rows : {1, 14, 48, 64, 128, 256}) bench->Args({rows, in, out});
  }
}

void layer_shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"in", "out"});
  for (const auto& [in, out] : kLayers) bench->Args({in, out});
}

BENCHMARK_CAPTURE(multiply, f32, Precision::f32)->Apply(row_counts);
BENCHMARK_CAPTURE(multiply, bf16, Precision::bf16)->Apply(row_counts);
BENCHMARK_CAPTURE(pack_rows, f32, Precision::f32)->Apply(layer_shapes);
BENCHMARK_CAPTURE(pack_rows, bf16, Precision::bf16)->Apply(layer_shapes);

}  // namespace
}  // namespace headlens
