#pragma once

#include <bit>
#include <cstdint>

namespace headlens {

/// The bits of an IEEE 754 half-precision number.
using float16 = std::uint16_t;

/// The largest finite half; what rounds to more becomes infinite.
inline constexpr float kLargestFloat16 = 65504.0f;

/// Rounds to nearest even, as the hardware conversion does; NaN stays NaN.
inline float16 to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<float16>(sign | 0x7e00u);
  if (magnitude >= 0x47800000u) return static_cast<float16>(sign | 0x7c00u);
  constexpr std::uint32_t kSmallestNormal = 0x38800000u;
  if (magnitude < kSmallestNormal) {
    // The last place of 0.5f is worth as much as that of a subnormal half: the sum rounds for us.
    const auto rounded = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f);
    return static_cast<float16>(sign | (rounded - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<float16>(sign | (rounded >> 13));
}

}  // namespace headlens
