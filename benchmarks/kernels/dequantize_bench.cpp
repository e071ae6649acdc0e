// Decoding of stored weights, on one thread.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "headlens/kernels/dequantize.h"

namespace headlens {
namespace {

void decode(benchmark::State& state, DType dtype) {
  const DTypeInfo type = info(dtype);
  const std::int64_t elements = state.range(0);
  std::vector<std::byte> blocks(elements / type.block_elements * type.block_bytes);
  std::minstd_rand generator(1);
  for (std::byte& byte : blocks) byte = static_cast<std::byte>(generator() & 0x3f);
  std::vector<float> out(elements);
  for (auto _ : state) {
    dequantize(dtype, blocks, out);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * elements);
}

constexpr std::int64_t kElements = 64 * 576;

BENCHMARK_CAPTURE(decode, f16, DType::f16)->Arg(kElements);
BENCHMARK_CAPTURE(decode, bf16, DType::bf16)->Arg(kElements);
BENCHMARK_CAPTURE(decode, q4_1, DType::q4_1)->Arg(kElements);
BENCHMARK_CAPTURE(decode, q8_0, DType::q8_0)->Arg(kElements);
BENCHMARK_CAPTURE(decode, q4_k, DType::q4_k)->Arg(kElements);
BENCHMARK_CAPTURE(decode, q6_k, DType::q6_k)->Arg(kElements);

}  // namespace
}  // namespace headlens
