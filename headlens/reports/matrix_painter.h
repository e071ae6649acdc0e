#pragma once

#include <cairo.h>

#include <span>
#include <vector>

#include "headlens/reports/color_map.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// How a square matrix is laid out on a page. Cells are whole device pixels, so that colours are
/// exact.
struct MatrixLayout {
  int tokens = 0;
  int pool = 1;     ///< weights per cell and axis; above 1 a cell shows the largest of pool x pool
  int cells = 0;    ///< cells an axis: tokens / pool, rounded up
  double cell = 0;  ///< side of a cell, points
  double side = 0;  ///< of the whole matrix, points
  /// Middle of a token's row or column, points from the matrix's edge.
  double center(int token) const { return (token + 0.5) * cell / pool; }
};

/// Chooses cells of at most `max_cell` points so that the side is near, and not above, `max_side`.
MatrixLayout fit_matrix(int tokens, double max_side, double max_cell, double pixels_per_point);

/// Largest weight of each factor x factor block, in C order; NaN if a block holds one.
std::vector<float> pool_max(TensorView<const float, 2> matrix, int factor);

bool holds_nan(TensorView<const float, 2> matrix);

/// Cells of a rectangle; sizes in points.
struct CellGrid {
  int rows = 0, columns = 0;
  double width = 0, height = 0;  ///< of one cell, whole device pixels
};

/// Draws values in C order with the top left corner at (x, y): as rectangles while there are few
/// cells, else as an image, so that files stay small.
void paint_cells(cairo_t* context, std::span<const float> values, const CellGrid& grid, double x,
                 double y, ColorMap map, double pixels_per_point);

/// Draws the matrix with its top left corner at (x, y), as paint_cells().
void paint_matrix(cairo_t* context, TensorView<const float, 2> matrix, const MatrixLayout& layout,
                  double x, double y, ColorMap map, double pixels_per_point);

/// Draws a vertical bar of the map's colours, 0 at the bottom and 1 at the top.
void paint_color_bar(cairo_t* context, double x, double y, double width, double height,
                     ColorMap map);

}  // namespace headlens
