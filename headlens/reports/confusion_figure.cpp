#include "headlens/reports/confusion_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "headlens/base/errors.h"
#include "headlens/reports/axis_labels.h"
#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/figure_text.h"
#include "headlens/reports/probe_picture.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr double kMostSide = 540, kLeastSide = 260, kLargestCell = 30, kSidePerClass = 24;
constexpr double kNarrowestPage = 380;
constexpr int kLabelColumns = 20;

/// Shares of each true class; rows of classes without a test example are NaN.
std::vector<float> shares_of(const ProbeResult& result) {
  const std::size_t n = result.classes.size();
  std::vector<float> shares(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += result.confusion[i * n + j];
    for (std::size_t j = 0; j < n; ++j) {
      shares[i * n + j] =
          sum == 0 ? std::numeric_limits<float>::quiet_NaN()
                   : static_cast<float>(result.confusion[i * n + j]) / static_cast<float>(sum);
    }
  }
  return shares;
}

FigureText text_of(const ProbeResult& result, const MatrixLayout& layout, bool has_missing) {
  const ProbeLayer& best = result.layers[result.best];
  FigureText text{
      .title = fmt::format("{} at {}", result.column, layer_name(best)),
      .subtitle = fmt::format("{} probe of {}, accuracy {:.3f}", result.method.kind,
                              one_line(result.provenance.model_name, 40), best.score.mean),
      .notes = pooling_note(layout.pool),
      .origin = {probe_origin(result)}};
  if (has_missing) text.notes.emplace_back("Grey rows: classes without a test example.");
  return text;
}

}  // namespace

void write_confusion_figure(const std::filesystem::path& path, const ProbeResult& result,
                            const FigureOptions& options) {
  check_probe(result);
  if (result.classes.empty()) throw ShapeError("confusion", "classes", "real values");
  const std::vector<float> shares = shares_of(result);
  const auto n = static_cast<std::int64_t>(result.classes.size());
  const TensorView<const float, 2> matrix(shares.data(), {n, n});
  const double pixels = options.pixels_per_point;
  const double wanted = std::clamp(static_cast<double>(n) * kSidePerClass, kLeastSide, kMostSide);
  const MatrixLayout layout =
      fit_matrix(static_cast<int>(n), wanted,
                 std::max(kLargestCell, kLeastSide / 2 / static_cast<double>(n)), pixels);
  AxisLabels labels;
  measure_text([&](TextPainter& painter) {
    labels = axis_labels(painter, result.classes, layout, 9, kLabelColumns,
                         ThinnedNames::kPositionsAndTokens);
  });
  const double names = std::max(labels.longest + 8, key_label_height(labels));
  const double left = snapped(kPageMargin + kAxisNameHeight + names, pixels);
  const double top = snapped(kPageMargin + kHeaderHeight, pixels);
  const double page_width = std::max(kNarrowestPage, left + layout.side + 18 + kColorBarWidth) + 8;
  const FigureText text = text_of(result, layout, holds_nan(matrix));
  const double names_end = top + layout.side + key_label_height(labels);
  const double footer_top = names_end + kAxisNameHeight + 14;
  Canvas canvas(path, page_width, footer_top + footer_height(text) + 16, text.title, pixels);
  cairo_t* context = canvas.context();
  TextPainter painter(context);
  const double text_width = page_width - 2 * kPageMargin;
  draw_header(painter, text, kPageMargin, kPageMargin, text_width);
  draw_query_labels(context, painter, labels, layout, left, top);
  draw_key_labels(context, painter, labels, layout, left, top + layout.side);
  painter.draw("True class", {.size = 10},
               {.x = kPageMargin + 5,
                .y = top + layout.side / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90});
  painter.draw("Predicted class", {.size = 10},
               {.x = left + layout.side / 2, .y = names_end + 10, .anchor = Anchor::kCenter});
  draw_frame(context, left, top, layout.side, layout.side);
  draw_color_bar(context, painter, left + layout.side + 18, top, layout.side,
                 {options.color_map, "Share of the true class"});
  draw_footer(painter, text, kPageMargin, footer_top, text_width);
  paint_matrix(context, matrix, layout, left, top, options.color_map, pixels);
  canvas.finish();
}

}  // namespace headlens
