#pragma once

#include <array>
#include <cstdint>

namespace headlens {

/// 256 colours each, as 0xRRGGBB.
extern const std::array<std::uint32_t, 256> kViridisPacked;
extern const std::array<std::uint32_t, 256> kCividisPacked;
extern const std::array<std::uint32_t, 256> kBluesPacked;
extern const std::array<std::uint32_t, 256> kRdBuReversedPacked;

}  // namespace headlens
