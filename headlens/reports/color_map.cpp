#include "headlens/reports/color_map.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/reports/color_tables.h"

namespace headlens {
namespace {

constexpr std::array kOneWayMaps = {ColorMap::kViridis, ColorMap::kCividis, ColorMap::kBlues};

const std::array<std::uint32_t, 256>& table_of(ColorMap map) {
  switch (map) {
    case ColorMap::kCividis:
      return kCividisPacked;
    case ColorMap::kBlues:
      return kBluesPacked;
    case ColorMap::kRdBuReversed:
      return kRdBuReversedPacked;
    case ColorMap::kViridis:
      break;
  }
  return kViridisPacked;
}

double linear_light(std::uint8_t channel) { return std::pow(channel / 255.0, 2.2); }

}  // namespace

Rgb color_of(ColorMap map, double value) {
  if (std::isnan(value)) return kMissingColor;
  const double position = std::clamp(value, 0.0, 1.0) * 256;
  const std::uint32_t packed = table_of(map)[std::min(static_cast<int>(position), 255)];
  return {static_cast<std::uint8_t>(packed >> 16), static_cast<std::uint8_t>(packed >> 8),
          static_cast<std::uint8_t>(packed)};
}

Rgb text_color_on(Rgb background) {
  const double luminance = 0.2126 * linear_light(background.red) +
                           0.7152 * linear_light(background.green) +
                           0.0722 * linear_light(background.blue);
  // Where the contrast ratios (WCAG 2) against black and against white are equal.
  constexpr double kEqualContrast = 0.179;
  return luminance > kEqualContrast ? Rgb{0, 0, 0} : Rgb{255, 255, 255};
}

ColorMap color_map_named(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const ColorMap map : kOneWayMaps) {
    if (name_of(map) == lower) return map;
  }
  throw UsageError("colour map \"" + std::string(name) +
                   "\" is not known; choose viridis, cividis or blues");
}

std::string_view name_of(ColorMap map) {
  switch (map) {
    case ColorMap::kCividis:
      return "cividis";
    case ColorMap::kBlues:
      return "blues";
    case ColorMap::kRdBuReversed:
      return "rdbu_r";
    case ColorMap::kViridis:
      break;
  }
  return "viridis";
}

}  // namespace headlens
