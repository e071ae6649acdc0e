#pragma once

#include <string>
#include <vector>

#include "headlens/reports/axis_scale.h"
#include "headlens/reports/figure_text.h"

namespace headlens {

/// One line of a figure, drawn in the order of its points.
struct CurveSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;                    ///< one for each x; NaN leaves a gap
  std::vector<double> low = {}, high = {};  ///< a band about the line; empty, or one for each x
};

/// A horizontal line, such as the loss of the whole model.
struct LevelLine {
  std::string name;
  double y = 0;
};

/// What a figure of curves shows, free of where it stands.
struct CurvePicture {
  std::string x_name, y_name;  ///< with units
  AxisScaling x_scaling = AxisScaling::linear;
  std::vector<CurveSeries> series;
  std::vector<LevelLine> levels = {};
  FigureText text;
};

/// The colour of the index-th series: Okabe and Ito's, which people with any colour vision tell
/// apart. After eight they begin again, with dashes.
Rgb series_color(std::size_t index);

/// @throws ShapeError  if there is no series, one has no point, or its parts differ in length
/// @throws UsageError  if an x is not finite, or is not above 0 on a logarithmic axis, or if a
/// level
///                     is not finite
void check_curves(const CurvePicture& picture);

}  // namespace headlens
