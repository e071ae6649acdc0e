#include "headlens/reports/axis_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr double kSmallestFont = 5;
constexpr double kTick = 2.5;
constexpr double kGap = 2;

void draw_tick(cairo_t* context, double x, double y, double dx, double dy) {
  set_color(context, kFaintInk);
  cairo_set_line_width(context, 0.6);
  cairo_move_to(context, x, y);
  cairo_line_to(context, x + dx, y + dy);
  cairo_stroke(context);
}

}  // namespace

AxisLabels axis_labels(TextPainter& painter, const PromptTokens& prompt, const MatrixLayout& layout,
                       double font_size, int max_columns, ThinnedNames thinned) {
  std::vector<std::string> texts;
  for (const TokenInfo& token : prompt.tokens) texts.push_back(token.text);
  return axis_labels(painter, texts, layout, font_size, max_columns, thinned);
}

AxisLabels axis_labels(TextPainter& painter, const std::vector<std::string>& texts,
                       const MatrixLayout& layout, double font_size, int max_columns,
                       ThinnedNames thinned) {
  AxisLabels labels;
  labels.style.kerning = false;
  const double spacing = layout.cell / layout.pool;
  labels.style.size = std::clamp(spacing * 0.86, kSmallestFont, font_size);
  const double needed = labels.style.size * 1.16;
  if (spacing < needed) labels.step = static_cast<int>(std::ceil(needed * 1.15 / spacing));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string name = isolated(token_label(texts[i], max_columns));
    if (labels.step > 1) {
      name =
          thinned == ThinnedNames::kPositions ? std::to_string(i) : fmt::format("{}: {}", i, name);
    }
    if (i % static_cast<std::size_t>(labels.step) == 0) {
      labels.longest = std::max(labels.longest, painter.width(name, labels.style));
    }
    labels.names.push_back(std::move(name));
  }
  return labels;
}

void draw_query_labels(cairo_t* context, TextPainter& painter, const AxisLabels& labels,
                       const MatrixLayout& layout, double x, double y) {
  for (int token = 0; token < layout.tokens; token += labels.step) {
    const double middle = y + layout.center(token);
    if (labels.step > 1) draw_tick(context, x, middle, -kTick, 0);
    painter.draw(labels.names[token], labels.style,
                 {.x = x - kTick - kGap, .y = middle, .anchor = Anchor::kRight});
  }
}

void draw_key_labels(cairo_t* context, TextPainter& painter, const AxisLabels& labels,
                     const MatrixLayout& layout, double x, double y, double left_limit) {
  for (int token = 0; token < layout.tokens; token += labels.step) {
    const double middle = x + layout.center(token);
    const double reach = painter.width(labels.names[token], labels.style) / std::numbers::sqrt2;
    if (middle - reach < left_limit) continue;
    if (labels.step > 1) draw_tick(context, middle, y, 0, kTick);
    painter.draw(labels.names[token], labels.style,
                 {.x = middle + 0.2 * labels.style.size,
                  .y = y + kTick + kGap + 0.3 * labels.style.size,
                  .anchor = Anchor::kRight,
                  .angle_degrees = -45});
  }
}

double key_label_height(const AxisLabels& labels) {
  return (labels.longest + labels.style.size) / std::numbers::sqrt2 + kTick + kGap;
}

}  // namespace headlens
