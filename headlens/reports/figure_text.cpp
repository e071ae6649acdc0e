#include "headlens/reports/figure_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/reports/number_text.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/token_label.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr double kLine = 11.5;
constexpr TextStyle kTitle{.size = 15, .bold = true};
constexpr TextStyle kSubtitle{.size = 10, .color = kFaintInk};
constexpr TextStyle kNote{.size = 8, .color = kInk};
constexpr TextStyle kOrigin{.size = 7.5, .color = kFaintInk};
constexpr int kPromptColumns = 240;

}  // namespace

std::string provenance_line(const Provenance& provenance, const PromptTokens& prompt) {
  const std::string bos = prompt.bos.empty() || prompt.bos == "none"
                              ? "no BOS"
                              : "begins with " + token_label(prompt.bos, 20);
  return replace_invalid_utf8(
      fmt::format("{} · {} · {}, {} · headlens {}", one_line(provenance.model_name, 60),
                  precision_text(provenance), count_text(std::ssize(prompt.tokens), "token"), bos,
                  provenance.headlens_version));
}

std::string quoted_prompt(const PromptTokens& prompt, int max_columns) {
  return "“" + isolated(one_line(prompt.text, max_columns)) + "”";
}

FigureText figure_text(std::string title, const Provenance& provenance,
                       const PromptTokens& prompt) {
  return {.title = std::move(title),
          .subtitle = one_line(provenance.model_name, 60),
          .notes = {},
          .origin = {quoted_prompt(prompt, kPromptColumns), provenance_line(provenance, prompt)}};
}

double footer_height(const FigureText& text) {
  return kLine * static_cast<double>(text.notes.size() + text.origin.size());
}

void draw_header(TextPainter& painter, const FigureText& text, double x, double y, double width) {
  painter.draw(text.title, kTitle, {.x = x, .y = y + 9, .max_width = width});
  painter.draw(text.subtitle, kSubtitle, {.x = x, .y = y + 27, .max_width = width});
}

void draw_footer(TextPainter& painter, const FigureText& text, double x, double y, double width) {
  for (const std::string& note : text.notes) {
    painter.draw(note, kNote, {.x = x, .y = y + kLine / 2, .max_width = width});
    y += kLine;
  }
  for (const std::string& line : text.origin) {
    painter.draw(line, kOrigin, {.x = x, .y = y + kLine / 2, .max_width = width});
    y += kLine;
  }
}

void draw_color_bar(cairo_t* context, TextPainter& painter, double x, double y, double height,
                    const ColorBar& bar) {
  constexpr double kBar = 11;
  constexpr int kTicks = 4;
  const TextStyle style{.size = 8};
  const bool is_share = bar.low == 0 && bar.high == 1;
  paint_color_bar(context, x, y, kBar, height, bar.map);
  cairo_set_line_width(context, 0.6);
  double widest = 0;
  for (int tick = 0; tick <= kTicks; ++tick) {
    const double share = static_cast<double>(tick) / kTicks;
    const double value = bar.low + share * (bar.high - bar.low);
    const double at = y + (1 - share) * height;
    if (height < 60 && tick % kTicks != 0) continue;
    set_color(context, kFaintInk);
    cairo_move_to(context, x + kBar, at);
    cairo_line_to(context, x + kBar + 3, at);
    cairo_stroke(context);
    const std::string number =
        is_share ? fmt::format("{:.2f}", value) : fmt::format("{:.3g}", value);
    painter.draw(number, style, {.x = x + kBar + 5.5, .y = at});
    widest = std::max(widest, painter.width(number, style));
  }
  if (painter.width(bar.name, style) > height) return;
  painter.draw(bar.name, {.size = 8.5},
               {.x = x + kBar + std::max(32.0, widest + 13),
                .y = y + height / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90});
}

std::vector<std::string> pooling_note(int pool) {
  if (pool <= 1) return {};
  return {fmt::format("Each cell is the largest of {0} × {0} weights.", pool)};
}

std::string missing_note() { return "Grey cells hold no number (NaN)."; }

}  // namespace headlens
