#include "headlens/reports/effect_heatmap.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/matrix_painter.h"
#include "headlens/reports/text_painter.h"

namespace headlens {
namespace {

constexpr double kWidest = 560, kTallest = 520;
constexpr double kLargestCell = 22, kSmallestCell = 2.5;
constexpr double kNarrowestPage = 420;
constexpr double kTallestBar = 300;
constexpr double kRowNames = 22;

/// Where the parts of the figure stand, in points from the top left corner.
struct EffectPage {
  CellGrid grid;
  TextStyle row_style, column_style;
  int row_step = 1, column_step = 1;  ///< every so many rows and columns are named
  bool slanted = false;               ///< column names at 45 degrees
  double column_names = 0;            ///< their height
  double left = 0, top = 0, width = 0, height = 0;

  double grid_width() const { return grid.columns * grid.width; }
  double grid_height() const { return grid.rows * grid.height; }
  double right() const { return left + grid_width(); }
  double bottom() const { return top + grid_height(); }
};

TextStyle style_for(double cell) {
  return {.size = std::clamp(cell * 0.8, 6.0, 9.0), .kerning = false};
}

int step_for(double cell, double needed) {
  return std::max(1, static_cast<int>(std::ceil(needed / cell)));
}

EffectPage lay_out(const EffectPicture& picture, double pixels_per_point) {
  EffectPage page;
  const auto rows = static_cast<double>(picture.layers.size());
  const auto columns = static_cast<double>(picture.columns.size());
  const auto cell = [&](double room, double count) {
    return snapped(std::clamp(room / count, kSmallestCell, kLargestCell), pixels_per_point);
  };
  page.grid = {static_cast<int>(rows), static_cast<int>(columns), cell(kWidest, columns),
               cell(kTallest, rows)};
  page.row_style = style_for(page.grid.height);
  page.column_style = style_for(page.grid.width);
  double longest = 0;
  measure_text([&](TextPainter& painter) {
    for (const std::string& name : picture.columns) {
      longest = std::max(longest, painter.width(name, page.column_style));
    }
  });
  page.slanted = longest > page.grid.width - 2;
  const double line = page.column_style.size * 1.3;
  page.row_step = step_for(page.grid.height, page.row_style.size * 1.15);
  page.column_step = page.slanted ? step_for(page.grid.width, line) : 1;
  page.column_names = page.slanted ? longest / std::numbers::sqrt2 + line : line;
  page.left = snapped(kPageMargin + kAxisNameHeight + kRowNames +
                          (page.slanted ? std::max(0.0, longest / std::numbers::sqrt2 - 40) : 0),
                      pixels_per_point);
  page.top = snapped(kPageMargin + kHeaderHeight, pixels_per_point);
  page.width = std::max(kNarrowestPage, page.right() + 18 + kColorBarWidth + 12) + 8;
  page.height =
      page.bottom() + page.column_names + kAxisNameHeight + 14 + footer_height(picture.text) + 16;
  return page;
}

void draw_row_names(TextPainter& painter, const EffectPage& page, const EffectPicture& picture) {
  for (std::size_t row = 0; row < picture.layers.size(); row += page.row_step) {
    painter.draw(std::to_string(picture.layers[row]), page.row_style,
                 {.x = page.left - 5,
                  .y = page.top + (static_cast<double>(row) + 0.5) * page.grid.height,
                  .anchor = Anchor::kRight});
  }
  painter.draw("Layer", {.size = 10},
               {.x = kPageMargin + 5,
                .y = page.top + page.grid_height() / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90});
}

void draw_column_names(TextPainter& painter, const EffectPage& page, const EffectPicture& picture) {
  for (std::size_t column = 0; column < picture.columns.size(); column += page.column_step) {
    const double middle = page.left + (static_cast<double>(column) + 0.5) * page.grid.width;
    painter.draw(picture.columns[column], page.column_style,
                 {.x = middle + (page.slanted ? 0.2 * page.column_style.size : 0),
                  .y = page.bottom() + 4 + 0.5 * page.column_style.size,
                  .anchor = page.slanted ? Anchor::kRight : Anchor::kCenter,
                  .angle_degrees = page.slanted ? -45.0 : 0.0});
  }
  painter.draw(picture.column_axis, {.size = 10},
               {.x = page.left + page.grid_width() / 2,
                .y = page.bottom() + page.column_names + 12,
                .anchor = Anchor::kCenter});
}

void draw_dots(cairo_t* context, const EffectPage& page, const EffectPicture& picture,
               const std::vector<float>& shades) {
  const double radius = std::min(page.grid.width, page.grid.height) * 0.16;
  for (std::size_t i = 0; i < picture.significant.size(); ++i) {
    if (picture.significant[i] == 0) continue;
    const std::size_t row = i / picture.columns.size(), column = i % picture.columns.size();
    set_color(context, text_color_on(color_of(ColorMap::kRdBuReversed, shades[i])));
    cairo_arc(context, page.left + (static_cast<double>(column) + 0.5) * page.grid.width,
              page.top + (static_cast<double>(row) + 0.5) * page.grid.height, radius, 0,
              2 * std::numbers::pi);
    cairo_fill(context);
  }
}

/// The largest finite effect without its sign; 1 where there is none.
double largest(const std::vector<float>& effects) {
  double most = 0;
  for (const float effect : effects) {
    if (std::isfinite(effect)) most = std::max(most, std::abs(static_cast<double>(effect)));
  }
  return most > 0 ? most : 1;
}

}  // namespace

void write_effect_heatmap(const std::filesystem::path& path, const EffectPicture& picture,
                          double pixels_per_point) {
  const EffectPage page = lay_out(picture, pixels_per_point);
  const double most = largest(picture.effects);
  std::vector<float> shades;
  for (const float effect : picture.effects) {
    shades.push_back(static_cast<float>(0.5 + 0.5 * effect / most));
  }
  Canvas canvas(path, page.width, page.height, picture.text.title, pixels_per_point);
  cairo_t* context = canvas.context();
  TextPainter painter(context);
  const double text_width = page.width - 2 * kPageMargin;
  draw_header(painter, picture.text, kPageMargin, kPageMargin, text_width);
  paint_cells(context, shades, page.grid, page.left, page.top, ColorMap::kRdBuReversed,
              pixels_per_point);
  draw_dots(context, page, picture, shades);
  draw_frame(context, page.left, page.top, page.grid_width(), page.grid_height());
  draw_row_names(painter, page, picture);
  draw_column_names(painter, page, picture);
  draw_color_bar(context, painter, page.right() + 18, page.top,
                 std::min(kTallestBar, page.grid_height()),
                 {ColorMap::kRdBuReversed, picture.bar_name, -most, most});
  draw_footer(painter, picture.text, kPageMargin,
              page.bottom() + page.column_names + kAxisNameHeight + 14, text_width);
  canvas.finish();
}

}  // namespace headlens
