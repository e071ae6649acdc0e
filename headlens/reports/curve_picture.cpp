#include "headlens/reports/curve_picture.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

/// Yellow comes last: it is faint on white.
constexpr std::array<Rgb, 8> kOkabeIto{{{0x00, 0x72, 0xb2},
                                        {0xd5, 0x5e, 0x00},
                                        {0x00, 0x9e, 0x73},
                                        {0xcc, 0x79, 0xa7},
                                        {0xe6, 0x9f, 0x00},
                                        {0x56, 0xb4, 0xe9},
                                        {0x00, 0x00, 0x00},
                                        {0xf0, 0xe4, 0x42}}};

void check_series(const CurveSeries& series, AxisScaling x_scaling) {
  const std::size_t n = series.x.size();
  const bool has_band = !series.low.empty() || !series.high.empty();
  if (n == 0) throw ShapeError("curve \"" + series.name + "\"", "a point", "none");
  if (series.y.size() != n || (has_band && (series.low.size() != n || series.high.size() != n))) {
    throw ShapeError("curve \"" + series.name + "\"", fmt::format("{} of x, y, low and high", n),
                     fmt::format("{} of y, {} of low, {} of high", series.y.size(),
                                 series.low.size(), series.high.size()));
  }
  for (const double x : series.x) {
    if (std::isfinite(x) && (x_scaling == AxisScaling::linear || x > 0)) continue;
    throw UsageError(fmt::format("the curve \"{}\" has a point at x = {}, which has no place on {}",
                                 series.name, x,
                                 std::isfinite(x) ? "a logarithmic axis" : "an axis"));
  }
}

}  // namespace

Rgb series_color(std::size_t index) { return kOkabeIto[index % kOkabeIto.size()]; }

void check_curves(const CurvePicture& picture) {
  if (picture.series.empty()) throw ShapeError("figure of curves", "a series", "none");
  for (const CurveSeries& series : picture.series) check_series(series, picture.x_scaling);
  for (const LevelLine& level : picture.levels) {
    if (!std::isfinite(level.y)) {
      throw UsageError("the level \"" + level.name + "\" is not finite");
    }
  }
}

}  // namespace headlens
