#pragma once

#include <string>
#include <vector>

#include "headlens/reports/matrix_painter.h"
#include "headlens/reports/text_painter.h"
#include "headlens/results/provenance.h"

namespace headlens {

/// "smollm2-135m · f32 · 14 tokens, BOS none · headlens 0.1.0"
std::string provenance_line(const Provenance& provenance, const PromptTokens& prompt);

/// The prompt between quotation marks, on one line.
std::string quoted_prompt(const PromptTokens& prompt, int max_columns);

/// Text above and below the picture.
struct FigureText {
  std::string title;
  std::string subtitle;
  std::vector<std::string> notes;  ///< what the reader must know, e.g. that weights were pooled
  std::vector<std::string> origin;
};

/// The text of a figure made of `prompt`; subtitle and notes are left to the caller.
FigureText figure_text(std::string title, const Provenance& provenance, const PromptTokens& prompt);

/// Points that draw_header() and draw_footer() take.
inline constexpr double kHeaderHeight = 46;
double footer_height(const FigureText& text);

/// Draws from (x, y) downwards; lines wider than `width` end in "…".
void draw_header(TextPainter& painter, const FigureText& text, double x, double y, double width);
void draw_footer(TextPainter& painter, const FigureText& text, double x, double y, double width);

/// What a bar's colours stand for.
struct ColorBar {
  ColorMap map = ColorMap::kViridis;
  std::string name;
  double low = 0, high = 1;
};

/// A colour bar with its ticks and its name, upwards along the right.
inline constexpr double kColorBarWidth = 62;
void draw_color_bar(cairo_t* context, TextPainter& painter, double x, double y, double height,
                    const ColorBar& bar);

/// "each cell is the largest of 2 x 2 weights", or nothing where no weights were pooled.
std::vector<std::string> pooling_note(int pool);
/// Explains grey cells.
std::string missing_note();

}  // namespace headlens
