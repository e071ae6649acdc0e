#include "headlens/kernels/bfloat16.h"

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/bfloat16.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {

// A plain loop compiled once a target: the compiler vectorises it to the target's full width.
void round_to_bfloat16_target(const float* HWY_RESTRICT from, std::size_t size,
                              bfloat16* HWY_RESTRICT to) {
  for (std::size_t i = 0; i < size; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(from[i]);
    const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    to[i] = static_cast<bfloat16>(is_nan ? ((bits >> 16) | 0x40u) : rounded);
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(round_to_bfloat16_target);

void round_to_bfloat16(std::span<const float> from, bfloat16* to) {
  HWY_DYNAMIC_DISPATCH(round_to_bfloat16_target)(from.data(), from.size(), to);
}

}  // namespace headlens
#endif
