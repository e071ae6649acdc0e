#pragma once

#include <vector>

#include "headlens/reports/curve_picture.h"

namespace headlens {

/// Where the parts of a figure of curves stand, in points from the top left corner.
struct CurvePage {
  AxisScale x, y;
  double left = 0, top = 0, right = 0, bottom = 0;  ///< of the plot
  double width = 0, height = 0;                     ///< of the page
  double x_name_y = 0;                              ///< middle of the x axis's name
  double footer_top = 0;
  double label_width = 0;  ///< that names beside the plot may take

  double x_at(double value) const { return left + x.share(value) * (right - left); }
  double y_at(double value) const { return bottom - y.share(value) * (bottom - top); }
};

/// @throws as check_curves()
CurvePage lay_out_curves(const CurvePicture& picture, double pixels_per_point);

/// A name beside the plot, at the end of what it names or as near to it as other names let it.
struct CurveLabel {
  bool is_level = false;
  std::size_t index = 0;  ///< of the series or level
  double y = 0;           ///< its middle
};

/// One for each series and level, top down, none closer to the next than a line.
std::vector<CurveLabel> lay_out_labels(const CurvePicture& picture, const CurvePage& page);

inline constexpr double kCurveLabelSize = 9;
inline constexpr double kCurveLabelLine = 12.5;
inline constexpr double kCurveSwatch = 14;

}  // namespace headlens
