#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace headlens {

/// The upper half of a float32.
using bfloat16 = std::uint16_t;

/// Rounds to nearest even, as the hardware conversion does; NaN stays NaN.
inline bfloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<bfloat16>((bits >> 16) | 0x40u);
  return static_cast<bfloat16>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

inline float from_bfloat16(bfloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// Rounds every element; sizes must agree.
void round_to_bfloat16(std::span<const float> from, bfloat16* to);

}  // namespace headlens
