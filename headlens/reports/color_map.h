#pragma once

#include <cstdint>
#include <string_view>

namespace headlens {

/// Perceptually ordered colour tables of 256 entries, equal to matplotlib's of the same names. The
/// last one diverges from its middle, blue below and red above, and is for signed values.
enum class ColorMap { kViridis, kCividis, kBlues, kRdBuReversed };

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool operator==(const Rgb&) const = default;
};

/// The colour of a value on the scale 0..1; values outside are clamped, NaN gives kMissingColor.
Rgb color_of(ColorMap map, double value);

/// Cells that hold no number. Occurs in none of the maps.
inline constexpr Rgb kMissingColor{0xb4, 0xb0, 0xb2};

/// Black or white, whichever reads better on `background`.
Rgb text_color_on(Rgb background);

/// "viridis", "cividis", "blues", in any case: the maps that run one way.
/// @throws UsageError  naming the known maps
ColorMap color_map_named(std::string_view name);
std::string_view name_of(ColorMap map);

}  // namespace headlens
