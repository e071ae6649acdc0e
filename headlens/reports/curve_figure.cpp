#include "headlens/reports/curve_figure.h"

#include <array>
#include <cmath>
#include <numbers>

#include "headlens/reports/canvas.h"
#include "headlens/reports/curve_page.h"
#include "headlens/reports/figure_page.h"

namespace headlens {
namespace {

constexpr double kLineWidth = 1.8, kMarkRadius = 2.2;
constexpr double kBandOpacity = 0.2;
constexpr std::size_t kMostMarks = 25;
constexpr int kXTicks = 6, kYTicks = 7;
constexpr Rgb kGridInk{0xe8, 0xe8, 0xe8};
constexpr Rgb kLevelInk{0x6b, 0x6b, 0x6b};

struct Pen {
  cairo_t* context;
  const CurvePage& page;
};

void set_dashes(cairo_t* context, double on, double off) {
  const std::array<double, 2> dashes{on, off};
  cairo_set_dash(context, dashes.data(), on > 0 ? 2 : 0, 0);
}

void draw_segment(cairo_t* context, double x0, double y0, double x1, double y1) {
  cairo_move_to(context, x0, y0);
  cairo_line_to(context, x1, y1);
  cairo_stroke(context);
}

void draw_axes(const Pen& pen, TextPainter& painter, const CurvePicture& picture) {
  cairo_t* const context = pen.context;
  const CurvePage& page = pen.page;
  const TextStyle numbers{.size = 8.5};
  cairo_set_line_width(context, 0.6);
  for (const auto& [value, text] : page.y.ticks(kYTicks)) {
    const double y = page.y_at(value);
    set_color(context, kGridInk);
    draw_segment(context, page.left, y, page.right, y);
    painter.draw(text, numbers, {.x = page.left - 5, .y = y, .anchor = Anchor::kRight});
  }
  for (const auto& [value, text] : page.x.ticks(kXTicks)) {
    const double x = page.x_at(value);
    set_color(context, kGridInk);
    draw_segment(context, x, page.top, x, page.bottom);
    set_color(context, kFaintInk);
    draw_segment(context, x, page.bottom, x, page.bottom + 3);
    painter.draw(text, numbers, {.x = x, .y = page.bottom + 11, .anchor = Anchor::kCenter});
  }
  set_color(context, kFaintInk);
  draw_segment(context, page.left, page.top, page.left, page.bottom);
  draw_segment(context, page.left, page.bottom, page.right, page.bottom);
  painter.draw(picture.x_name, {.size = 10},
               {.x = (page.left + page.right) / 2,
                .y = page.x_name_y,
                .anchor = Anchor::kCenter,
                .max_width = page.right - page.left});
  painter.draw(picture.y_name, {.size = 10},
               {.x = kPageMargin + 5,
                .y = (page.top + page.bottom) / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90,
                .max_width = page.bottom - page.top});
}

/// Calls body(begin, end) for each longest run of points that have a place.
template <typename Has, typename Body>
void for_each_piece(std::size_t n_points, const Has& has, const Body& body) {
  for (std::size_t begin = 0, end = 0; begin < n_points; begin = end + 1) {
    for (end = begin; end < n_points && has(end);) ++end;
    if (end > begin) body(begin, end);
  }
}

void draw_band(const Pen& pen, const CurveSeries& series, Rgb color) {
  cairo_t* const context = pen.context;
  const CurvePage& page = pen.page;
  if (series.low.empty()) return;
  const auto has = [&](std::size_t i) {
    return std::isfinite(series.low[i]) && std::isfinite(series.high[i]);
  };
  cairo_set_source_rgba(context, color.red / 255.0, color.green / 255.0, color.blue / 255.0,
                        kBandOpacity);
  for_each_piece(series.x.size(), has, [&](std::size_t begin, std::size_t end) {
    if (end - begin == 1) {
      cairo_set_line_width(context, 3 * kLineWidth);
      return draw_segment(context, page.x_at(series.x[begin]), page.y_at(series.low[begin]),
                          page.x_at(series.x[begin]), page.y_at(series.high[begin]));
    }
    cairo_new_path(context);  // text leaves a point
    for (std::size_t i = begin; i < end; ++i) {
      cairo_line_to(context, page.x_at(series.x[i]), page.y_at(series.high[i]));
    }
    for (std::size_t i = end; i-- > begin;) {
      cairo_line_to(context, page.x_at(series.x[i]), page.y_at(series.low[i]));
    }
    cairo_close_path(context);
    cairo_fill(context);
  });
}

void draw_mark(cairo_t* context, double x, double y) {
  cairo_new_sub_path(context);
  cairo_arc(context, x, y, kMarkRadius, 0, 2 * std::numbers::pi);
  cairo_fill(context);
}

/// The stroke of a series, for its line and for its swatch.
void set_stroke(cairo_t* context, std::size_t index) {
  constexpr std::size_t kColors = 8;
  set_color(context, series_color(index));
  cairo_set_line_width(context, kLineWidth);
  set_dashes(context, index < kColors ? 0 : 5, 2.5);
}

void draw_line(const Pen& pen, const CurveSeries& series, std::size_t index) {
  cairo_t* const context = pen.context;
  const CurvePage& page = pen.page;
  const bool few = series.x.size() <= kMostMarks;
  set_stroke(context, index);
  const auto has = [&](std::size_t i) { return std::isfinite(series.y[i]); };
  for_each_piece(series.x.size(), has, [&](std::size_t begin, std::size_t end) {
    cairo_new_path(context);  // text leaves a point
    for (std::size_t i = begin; i < end; ++i) {
      cairo_line_to(context, page.x_at(series.x[i]), page.y_at(series.y[i]));
    }
    cairo_stroke(context);
    for (std::size_t i = begin; i < end && (few || end - begin == 1); ++i) {
      draw_mark(context, page.x_at(series.x[i]), page.y_at(series.y[i]));
    }
  });
  set_dashes(context, 0, 0);
}

void set_level_stroke(cairo_t* context) {
  set_color(context, kLevelInk);
  cairo_set_line_width(context, 1);
  set_dashes(context, 3, 2.5);
}

void draw_levels(const Pen& pen, const CurvePicture& picture) {
  for (const LevelLine& level : picture.levels) {
    const double y = pen.page.y_at(level.y);
    set_level_stroke(pen.context);
    draw_segment(pen.context, pen.page.left, y, pen.page.right, y);
    set_dashes(pen.context, 0, 0);
  }
}

void draw_labels(const Pen& pen, TextPainter& painter, const CurvePicture& picture) {
  cairo_t* const context = pen.context;
  const CurvePage& page = pen.page;
  for (const CurveLabel& label : lay_out_labels(picture, page)) {
    const double x = page.right + 8;
    if (label.is_level) {
      set_level_stroke(context);
    } else {
      set_stroke(context, label.index);
    }
    draw_segment(context, x, label.y, x + kCurveSwatch, label.y);
    set_dashes(context, 0, 0);
    painter.draw(
        label.is_level ? picture.levels[label.index].name : picture.series[label.index].name,
        {.size = kCurveLabelSize},
        {.x = x + kCurveSwatch + 5, .y = label.y, .max_width = page.label_width + 1});
  }
}

}  // namespace

void write_curve_figure(const std::filesystem::path& path, const CurvePicture& picture,
                        double pixels_per_point) {
  const CurvePage page = lay_out_curves(picture, pixels_per_point);
  Canvas canvas(path, page.width, page.height, picture.text.title, pixels_per_point);
  TextPainter painter(canvas.context());
  const Pen pen{canvas.context(), page};
  const double text_width = page.width - 2 * kPageMargin;
  cairo_set_line_join(pen.context, CAIRO_LINE_JOIN_ROUND);
  draw_header(painter, picture.text, kPageMargin, kPageMargin, text_width);
  draw_axes(pen, painter, picture);
  for (std::size_t i = 0; i < picture.series.size(); ++i) {
    draw_band(pen, picture.series[i], series_color(i));
  }
  draw_levels(pen, picture);
  for (std::size_t i = picture.series.size(); i-- > 0;) draw_line(pen, picture.series[i], i);
  draw_labels(pen, painter, picture);
  draw_footer(painter, picture.text, kPageMargin, page.footer_top, text_width);
  canvas.finish();
}

}  // namespace headlens
