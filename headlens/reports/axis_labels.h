#pragma once

#include <string>
#include <vector>

#include "headlens/reports/matrix_painter.h"
#include "headlens/reports/text_painter.h"
#include "headlens/results/provenance.h"

namespace headlens {

/// Names of the tokens along the two axes of an attention matrix. Where they would not fit, only
/// every step-th is drawn, by its position.
struct AxisLabels {
  std::vector<std::string> names;  ///< one a token
  TextStyle style;
  int step = 1;
  double longest = 0;  ///< widest drawn name, points
};

/// What stands for a token where not all are named.
enum class ThinnedNames { kPositionsAndTokens, kPositions };

/// @param font_size  points; less where cells are small, but not below 5
AxisLabels axis_labels(TextPainter& painter, const PromptTokens& prompt, const MatrixLayout& layout,
                       double font_size, int max_columns, ThinnedNames thinned);

/// The same of things that are no tokens. @param texts  one a row and column
AxisLabels axis_labels(TextPainter& painter, const std::vector<std::string>& texts,
                       const MatrixLayout& layout, double font_size, int max_columns,
                       ThinnedNames thinned);

/// Right-aligned names left of a matrix whose top left corner is (x, y).
void draw_query_labels(cairo_t* context, TextPainter& painter, const AxisLabels& labels,
                       const MatrixLayout& layout, double x, double y);

/// Names at 45 degrees that end below the columns of a matrix whose bottom left corner is (x, y).
/// Those that would reach left of `left_limit` are left out.
void draw_key_labels(cairo_t* context, TextPainter& painter, const AxisLabels& labels,
                     const MatrixLayout& layout, double x, double y, double left_limit = 0);

/// Space that names at 45 degrees take below the matrix, and to its left beyond the first column.
double key_label_height(const AxisLabels& labels);

}  // namespace headlens
