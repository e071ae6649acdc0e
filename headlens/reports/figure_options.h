#pragma once

#include "headlens/reports/color_map.h"

namespace headlens {

/// How a figure is drawn. What is drawn comes from the result alone.
struct FigureOptions {
  ColorMap color_map = ColorMap::kViridis;
  double pixels_per_point = 2;  ///< resolution of PNG files; 1 point = 1/72 inch. 2 means 144 dpi
};

}  // namespace headlens
