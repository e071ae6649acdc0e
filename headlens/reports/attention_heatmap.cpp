#include "headlens/reports/attention_heatmap.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/reports/attention_access.h"
#include "headlens/reports/axis_labels.h"
#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/figure_text.h"

namespace headlens {
namespace {

constexpr double kMostSide = 540;
constexpr double kLeastSide = 300;
constexpr double kLargestCell = 30;
constexpr double kSmallestMatrix = 132;  // the names of the axes need it
constexpr double kSidePerToken = 22;
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
  double bottom() const { return top + matrix.side; }
  double key_names_end() const { return bottom() + key_label_height(labels); }
};

HeatmapPage lay_out(const PromptTokens& prompt, double pixels_per_point) {
  HeatmapPage page;
  const int tokens = static_cast<int>(prompt.tokens.size());
  const double side = std::clamp(tokens * kSidePerToken, kLeastSide, kMostSide);
  page.matrix =
      fit_matrix(tokens, side, std::max(kLargestCell, kSmallestMatrix / tokens), pixels_per_point);
  measure_text([&](TextPainter& painter) {
    page.labels = axis_labels(painter, prompt, page.matrix, 9, kLabelColumns,
                              ThinnedNames::kPositionsAndTokens);
  });
  const double labels = std::max(page.labels.longest + 8, key_label_height(page.labels));
  page.left = snapped(kPageMargin + kAxisNameHeight + labels, pixels_per_point);
  page.top = snapped(kPageMargin + kHeaderHeight, pixels_per_point);
  page.width = std::max(kNarrowestPage, page.left + page.matrix.side + 18 + kColorBarWidth) + 8;
  return page;
}

void draw(Canvas& canvas, const HeatmapPage& page, const FigureText& text, ColorMap map) {
  cairo_t* context = canvas.context();
  TextPainter painter(context);
  const double width = page.width - 2 * kPageMargin;
  const double side = page.matrix.side;
  draw_header(painter, text, kPageMargin, kPageMargin, width);
  draw_query_labels(context, painter, page.labels, page.matrix, page.left, page.top);
  draw_key_labels(context, painter, page.labels, page.matrix, page.left, page.bottom());
  draw_query_axis_name(painter, kPageMargin + 5, page.top + side / 2);
  draw_key_axis_name(painter, page.left + side / 2, page.key_names_end() + 10);
  draw_frame(context, page.left, page.top, side, side);
  draw_color_bar(context, painter, page.left + side + 18, page.top, side,
                 {map, "Attention weight"});
  draw_footer(painter, text, kPageMargin, page.key_names_end() + kAxisNameHeight + 14, width);
}

}  // namespace

void write_attention_heatmap(const std::filesystem::path& path, const AttentionResult& result,
                             int layer, int head, const FigureOptions& options) {
  const TensorView<const float, 2> matrix = pattern_of_head(result, layer, head);
  HeatmapPage page = lay_out(result.prompt, options.pixels_per_point);
  FigureText text =
      figure_text(fmt::format("Layer {}, Head {}", layer, head), result.provenance, result.prompt);
  text.notes = pooling_note(page.matrix.pool);
  if (holds_nan(matrix)) text.notes.push_back(missing_note());
  page.height = page.key_names_end() + kAxisNameHeight + 14 + footer_height(text) + 16;

  Canvas canvas(path, page.width, page.height, text.title + ", " + text.subtitle,
                options.pixels_per_point);
  draw(canvas, page, text, options.color_map);
  paint_matrix(canvas.context(), matrix, page.matrix, page.left, page.top, options.color_map,
               options.pixels_per_point);
  canvas.finish();
}

}  // namespace headlens
