#include "headlens/reports/attention_heatmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/reports/attention_access.h"
#include "headlens/reports/axis_labels.h"
#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_text.h"

namespace headlens {
namespace {

constexpr double kMargin = 22;
constexpr double kMostSide = 540;
constexpr double kLargestCell = 30;
constexpr double kAxisName = 20;
constexpr double kNarrowestPage = 330;
constexpr int kLabelColumns = 16;

/// Where the parts of the figure stand, in points from the top left corner.
struct HeatmapPage {
  MatrixLayout matrix;
  AxisLabels labels;
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

/// Text is measured on a surface that is thrown away, since the page's size depends on it.
HeatmapPage lay_out(const PromptTokens& prompt, const FigureText& text, double pixels_per_point) {
  cairo_surface_t* scratch = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, nullptr);
  cairo_t* context = cairo_create(scratch);
  HeatmapPage page;
  {
    TextPainter painter(context);
    const int tokens = static_cast<int>(prompt.tokens.size());
    // A few tokens get large cells, many fill the page.
    const double side = std::min(kMostSide, std::max(300.0, tokens * 22.0));
    page.matrix = fit_matrix(tokens, side, kLargestCell, pixels_per_point);
    page.labels = axis_labels(painter, prompt, page.matrix, 9, kLabelColumns);
  }
  cairo_destroy(context);
  cairo_surface_destroy(scratch);

  const auto snapped = [pixels_per_point](double x) {
    return std::ceil(x * pixels_per_point) / pixels_per_point;
  };
  const double label_height = key_label_height(page.labels);
  page.left = snapped(kMargin + kAxisName + std::max(page.labels.longest + 8, label_height));
  page.top = snapped(kMargin + kHeaderHeight);
  page.width = std::max(kNarrowestPage, page.left + page.matrix.side + 18 + kColorBarWidth) + 8;
  page.height = page.top + page.matrix.side + label_height + kAxisName + 14 + footer_height(text) +
                kMargin - 6;
  return page;
}

void draw(Canvas& canvas, const HeatmapPage& page, const FigureText& text,
          const PromptTokens& prompt, ColorMap map) {
  (void)prompt;
  cairo_t* context = canvas.context();
  TextPainter painter(context);
  const double bottom = page.top + page.matrix.side;
  draw_header(painter, text, kMargin, kMargin, page.width - 2 * kMargin);
  draw_query_labels(context, painter, page.labels, page.matrix, page.left, page.top);
  draw_key_labels(context, painter, page.labels, page.matrix, page.left, bottom);
  painter.draw("Query (attending from)", {.size = 10},
               {.x = kMargin + 5,
                .y = page.top + page.matrix.side / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90});
  const double names_end = bottom + key_label_height(page.labels);
  painter.draw(
      "Key (attending to)", {.size = 10},
      {.x = page.left + page.matrix.side / 2, .y = names_end + 10, .anchor = Anchor::kCenter});
  draw_color_bar(context, painter, page.left + page.matrix.side + 18, page.top, page.matrix.side,
                 map, "Attention weight");
  draw_footer(painter, text, kMargin, names_end + kAxisName + 14, page.width - 2 * kMargin);
}

bool holds_nan(TensorView<const float, 2> matrix) {
  for (std::int64_t row = 0; row < matrix.size(0); ++row) {
    for (std::int64_t column = 0; column < matrix.size(1); ++column) {
      if (std::isnan(matrix(row, column))) return true;
    }
  }
  return false;
}

}  // namespace

void write_attention_heatmap(const std::filesystem::path& path, const AttentionResult& result,
                             int layer, int head, const FigureOptions& options) {
  figure_extension(path);
  const TensorView<const float, 2> matrix = pattern_of_head(result, layer, head);
  FigureText text =
      figure_text(fmt::format("Layer {}, Head {}", layer, head), result.provenance, result.prompt);
  HeatmapPage page = lay_out(result.prompt, text, options.pixels_per_point);
  text.notes = pooling_note(page.matrix.pool);
  if (holds_nan(matrix)) text.notes.push_back(missing_note());
  page = lay_out(result.prompt, text, options.pixels_per_point);

  Canvas canvas(path, page.width, page.height, text.title + ", " + text.subtitle,
                options.pixels_per_point);
  draw(canvas, page, text, result.prompt, options.color_map);
  paint_matrix(canvas.context(), matrix, page.matrix, page.left, page.top, options.color_map,
               options.pixels_per_point);
  canvas.finish();
}

}  // namespace headlens
