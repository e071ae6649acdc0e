#include "headlens/reports/attention_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/reports/attention_access.h"
#include "headlens/reports/axis_labels.h"
#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/figure_text.h"

namespace headlens {
namespace {

constexpr double kPanelsWidth = 780;  // of all columns together, if panels need not shrink too far
constexpr double kSmallestPanel = 72;
constexpr double kLargestPanel = 250;
constexpr double kLargestCell = 22;
constexpr double kLeastSide = 132;  // the names of the axes need it
constexpr double kPanelTitle = 13;
constexpr double kColumnGap = 12;
constexpr double kRowGap = 9;
constexpr double kTallestBar = 300;
constexpr int kLabelColumns = 12;
constexpr double kNarrowestPage = 330;

struct GridShape {
  int rows = 1;
  int columns = 1;
};

/// Few empty places, and a page a little wider than high.
GridShape grid_shape(int heads) {
  constexpr double kAspect = 1.25;
  GridShape best;
  double least = std::numeric_limits<double>::infinity();
  for (int columns = 1; columns <= heads; ++columns) {
    const int rows = (heads + columns - 1) / columns;
    const double empty = static_cast<double>(rows * columns - heads) / heads;
    const double cost = std::abs(std::log(columns / (rows * kAspect))) + 2 * empty;
    if (cost < least) {
      least = cost;
      best = {rows, columns};
    }
  }
  return best;
}

/// Where the parts of the figure stand, in points from the top left corner.
struct GridPage {
  int heads = 0;
  GridShape shape;
  MatrixLayout matrix;
  AxisLabels labels;
  double left = 0;
  double top = 0;  // of the first panel's matrix
  double column_pitch = 0;
  double row_pitch = 0;
  double width = 0;
  double height = 0;

  int column(int head) const { return head % shape.columns; }
  int row(int head) const { return head / shape.columns; }
  double x(int head) const { return left + column(head) * column_pitch; }
  double y(int head) const { return top + row(head) * row_pitch; }
  double right() const { return left + (shape.columns - 1) * column_pitch + matrix.side; }
  double bottom() const { return top + (shape.rows - 1) * row_pitch + matrix.side; }
  double key_names_end() const { return bottom() + key_label_height(labels); }
};

GridPage lay_out(const PromptTokens& prompt, int heads, double pixels_per_point) {
  GridPage page;
  page.heads = heads;
  page.shape = grid_shape(heads);
  const double panel = std::clamp(kPanelsWidth / page.shape.columns, kSmallestPanel, kLargestPanel);
  const int tokens = static_cast<int>(prompt.tokens.size());
  page.matrix =
      fit_matrix(tokens, panel, std::max(kLargestCell, kLeastSide / tokens), pixels_per_point);
  measure_text([&](TextPainter& painter) {
    page.labels =
        axis_labels(painter, prompt, page.matrix, 8, kLabelColumns, ThinnedNames::kPositions);
  });
  const double labels = std::max(page.labels.longest + 8, key_label_height(page.labels));
  page.left = snapped(kPageMargin + kAxisNameHeight + labels, pixels_per_point);
  page.top = snapped(kPageMargin + kHeaderHeight + kPanelTitle, pixels_per_point);
  page.column_pitch = snapped(page.matrix.side + kColumnGap, pixels_per_point);
  page.row_pitch = snapped(page.matrix.side + kPanelTitle + kRowGap, pixels_per_point);
  page.width = std::max(kNarrowestPage, page.right() + 18 + kColorBarWidth) + 8;
  return page;
}

void draw_panel(Canvas& canvas, TextPainter& painter, const GridPage& page, int layer, int head,
                TensorView<const float, 2> matrix, ColorMap map) {
  const double x = page.x(head);
  const double y = page.y(head);
  painter.draw(fmt::format("L{}H{}", layer, head), {.size = 8, .bold = true},
               {.x = x, .y = y - kPanelTitle / 2});
  draw_frame(canvas.context(), x, y, page.matrix.side, page.matrix.side);
  paint_matrix(canvas.context(), matrix, page.matrix, x, y, map, canvas.pixels_per_point());
  if (head % page.shape.columns == 0) {
    draw_query_labels(canvas.context(), painter, page.labels, page.matrix, x, y);
  }
  if (head + page.shape.columns >= page.heads) {
    // In a row that is not full, the panel below to the left is in the way of long names.
    const bool panel_below_left =
        head % page.shape.columns > 0 && head + page.shape.columns - 1 < page.heads;
    draw_key_labels(canvas.context(), painter, page.labels, page.matrix, x, y + page.matrix.side,
                    panel_below_left ? x - kColumnGap : 0);
  }
}

void draw_around(Canvas& canvas, TextPainter& painter, const GridPage& page, const FigureText& text,
                 ColorMap map) {
  const double width = page.width - 2 * kPageMargin;
  draw_header(painter, text, kPageMargin, kPageMargin, width);
  draw_query_axis_name(painter, kPageMargin + 5, (page.top + page.bottom()) / 2);
  draw_key_axis_name(painter, (page.left + page.right()) / 2, page.key_names_end() + 10);
  draw_color_bar(canvas.context(), painter, page.right() + 18, page.top,
                 std::min(kTallestBar, page.bottom() - page.top), {map, "Attention weight"});
  draw_footer(painter, text, kPageMargin, page.key_names_end() + kAxisNameHeight + 14, width);
}

}  // namespace

void write_attention_grid(const std::filesystem::path& path, const AttentionResult& result,
                          int layer, const FigureOptions& options) {
  const TensorView<const float, 3> patterns = patterns_of_layer(result, layer);
  const int heads = static_cast<int>(patterns.size(0));
  GridPage page = lay_out(result.prompt, heads, options.pixels_per_point);
  FigureText text = figure_text(heads == 1 ? fmt::format("Layer {}, its only head", layer)
                                           : fmt::format("Layer {}, all {} heads", layer, heads),
                                result.provenance, result.prompt);
  text.notes = pooling_note(page.matrix.pool);
  bool missing = false;
  for (int head = 0; head < heads; ++head) missing = missing || holds_nan(patterns[head]);
  if (missing) text.notes.push_back(missing_note());
  page.height = page.key_names_end() + kAxisNameHeight + 14 + footer_height(text) + 16;

  Canvas canvas(path, page.width, page.height, text.title + ", " + text.subtitle,
                options.pixels_per_point);
  TextPainter painter(canvas.context());
  draw_around(canvas, painter, page, text, options.color_map);
  for (int head = 0; head < heads; ++head) {
    draw_panel(canvas, painter, page, layer, head, patterns[head], options.color_map);
  }
  canvas.finish();
}

}  // namespace headlens
