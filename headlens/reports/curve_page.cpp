#include "headlens/reports/curve_page.h"

#include <algorithm>
#include <cmath>

#include "headlens/reports/figure_page.h"

namespace headlens {
namespace {

constexpr double kPlotWidth = 430, kPlotHeight = 290;
constexpr double kTickNumbers = 34;  ///< left of the plot
constexpr double kWidestLabel = 190;
constexpr double kXPadding = 0.02, kYPadding = 0.05;

/// Ends of all finite numbers that were added.
struct Reach {
  double low = INFINITY, high = -INFINITY;

  void add(const std::vector<double>& values) {
    for (const double value : values) add(value);
  }
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  AxisScale scale(AxisScaling scaling, double padding) const {
    if (low > high) return {scaling, 0, 1, padding};
    return {scaling, low, high, padding};
  }
};

AxisScale x_scale(const CurvePicture& picture) {
  Reach reach;
  for (const CurveSeries& series : picture.series) reach.add(series.x);
  return reach.scale(picture.x_scaling, kXPadding);
}

AxisScale y_scale(const CurvePicture& picture) {
  Reach reach;
  for (const CurveSeries& series : picture.series) {
    reach.add(series.y);
    reach.add(series.low);
    reach.add(series.high);
  }
  for (const LevelLine& level : picture.levels) reach.add(level.y);
  return reach.scale(AxisScaling::linear, kYPadding);
}

double widest_name(const CurvePicture& picture) {
  double widest = 0;
  measure_text([&](TextPainter& painter) {
    const auto measure = [&](const std::string& name) {
      widest = std::max(widest, painter.width(name, {.size = kCurveLabelSize}));
    };
    for (const CurveSeries& series : picture.series) measure(series.name);
    for (const LevelLine& level : picture.levels) measure(level.name);
  });
  return std::min(kWidestLabel, widest);
}

/// Where a series ends; the middle of the plot where it has no number.
double end_of(const CurveSeries& series, const CurvePage& page) {
  for (std::size_t i = series.y.size(); i-- > 0;) {
    if (std::isfinite(series.y[i])) return page.y_at(series.y[i]);
  }
  return (page.top + page.bottom) / 2;
}

}  // namespace

CurvePage lay_out_curves(const CurvePicture& picture, double pixels_per_point) {
  check_curves(picture);
  CurvePage page{.x = x_scale(picture), .y = y_scale(picture)};
  const auto names = static_cast<double>(picture.series.size() + picture.levels.size());
  page.left = snapped(kPageMargin + kAxisNameHeight + kTickNumbers, pixels_per_point);
  page.top = snapped(kPageMargin + kHeaderHeight, pixels_per_point);
  page.right = page.left + kPlotWidth;
  page.bottom = page.top + std::max(kPlotHeight, names * kCurveLabelLine);
  page.label_width = widest_name(picture);
  page.width = page.right + 8 + kCurveSwatch + 5 + page.label_width + kPageMargin;
  page.x_name_y = page.bottom + 30;
  page.footer_top = page.x_name_y + 20;
  page.height = page.footer_top + footer_height(picture.text) + 14;
  return page;
}

std::vector<CurveLabel> lay_out_labels(const CurvePicture& picture, const CurvePage& page) {
  std::vector<CurveLabel> labels;
  for (std::size_t i = 0; i < picture.series.size(); ++i) {
    labels.push_back({.index = i, .y = end_of(picture.series[i], page)});
  }
  for (std::size_t i = 0; i < picture.levels.size(); ++i) {
    labels.push_back({.is_level = true, .index = i, .y = page.y_at(picture.levels[i].y)});
  }
  std::ranges::stable_sort(labels, {}, &CurveLabel::y);
  double lowest = page.top + kCurveLabelLine / 2;
  for (CurveLabel& label : labels) {
    label.y = std::max(label.y, lowest);
    lowest = label.y + kCurveLabelLine;
  }
  double highest = page.bottom - kCurveLabelLine / 2;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->y = std::min(label->y, highest);
    highest = label->y - kCurveLabelLine;
  }
  return labels;
}

}  // namespace headlens
