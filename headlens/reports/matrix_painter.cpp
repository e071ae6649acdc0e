#include "headlens/reports/matrix_painter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>

#include "headlens/reports/text_painter.h"

namespace headlens {
namespace {

// Above this many cells, a file of rectangles grows past a megabyte.
constexpr int kMostRectangles = 60 * 60;
constexpr int kColorBarSteps = 256;

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;

std::uint32_t packed(Rgb color) {
  return std::uint32_t{color.red} << 16 | std::uint32_t{color.green} << 8 | color.blue;
}

/// A block of equal pixels.
struct PixelBlock {
  int width = 1, height = 1;
};

/// Values in C order as an image, each a block of pixels: viewers of SVG and PDF smooth enlarged
/// images, and whole blocks keep their colours.
Surface image_of(std::span<const float> values, const CellGrid& grid, PixelBlock block,
                 ColorMap map) {
  Surface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, grid.columns * block.width,
                                           grid.rows * block.height));
  unsigned char* bytes = cairo_image_surface_get_data(image.get());
  if (bytes == nullptr) return image;
  const int stride = cairo_image_surface_get_stride(image.get());
  for (int row = 0; row < grid.rows; ++row) {
    auto* first =
        reinterpret_cast<std::uint32_t*>(bytes + std::ptrdiff_t{row} * block.height * stride);
    for (int column = 0; column < grid.columns; ++column) {
      const float value = values[static_cast<std::size_t>(row) * grid.columns + column];
      std::fill_n(first + std::ptrdiff_t{column} * block.width, block.width,
                  packed(color_of(map, value)));
    }
    for (int copy = 1; copy < block.height; ++copy) {
      std::copy_n(reinterpret_cast<unsigned char*>(first), stride,
                  reinterpret_cast<unsigned char*>(first) + std::ptrdiff_t{copy} * stride);
    }
  }
  cairo_surface_mark_dirty(image.get());
  return image;
}

void paint_image(cairo_t* context, cairo_surface_t* image, double x, double y, double x_scale,
                 double y_scale) {
  cairo_save(context);
  cairo_translate(context, x, y);
  cairo_scale(context, x_scale, y_scale);
  cairo_set_source_surface(context, image, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_paint(context);
  cairo_restore(context);
}

void paint_rectangles(cairo_t* context, std::span<const float> values, const CellGrid& grid,
                      double x, double y, ColorMap map) {
  // Each cell reaches under the next, or viewers show hairlines between them.
  const double right = 0.25 * grid.width, down = 0.25 * grid.height;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      set_color(context,
                color_of(map, values[static_cast<std::size_t>(row) * grid.columns + column]));
      cairo_rectangle(context, x + column * grid.width, y + row * grid.height,
                      grid.width + (column + 1 < grid.columns ? right : 0),
                      grid.height + (row + 1 < grid.rows ? down : 0));
      cairo_fill(context);
    }
  }
}

}  // namespace

MatrixLayout fit_matrix(int tokens, double max_side, double max_cell, double pixels_per_point) {
  const int most_pixels = std::max(1, static_cast<int>(max_side * pixels_per_point));
  MatrixLayout layout{.tokens = tokens};
  layout.pool = (tokens + most_pixels - 1) / most_pixels;
  layout.cells = (tokens + layout.pool - 1) / layout.pool;
  const int widest = std::max(1, static_cast<int>(max_cell * pixels_per_point));
  const int cell_pixels = std::clamp(most_pixels / layout.cells, 1, widest);
  layout.cell = cell_pixels / pixels_per_point;
  layout.side = layout.cells * layout.cell;
  return layout;
}

std::vector<float> pool_max(TensorView<const float, 2> matrix, int factor) {
  const auto cells = [factor](std::int64_t size) { return (size + factor - 1) / factor; };
  const std::int64_t columns = cells(matrix.size(1));
  std::vector<float> pooled(static_cast<std::size_t>(cells(matrix.size(0)) * columns),
                            -std::numeric_limits<float>::infinity());
  for (std::int64_t row = 0; row < matrix.size(0); ++row) {
    for (std::int64_t column = 0; column < matrix.size(1); ++column) {
      float& cell = pooled[static_cast<std::size_t>(row / factor * columns + column / factor)];
      const float weight = matrix(row, column);
      if (std::isnan(weight) || weight > cell) cell = weight;
    }
  }
  return pooled;
}

bool holds_nan(TensorView<const float, 2> matrix) {
  for (std::int64_t row = 0; row < matrix.size(0); ++row) {
    for (std::int64_t column = 0; column < matrix.size(1); ++column) {
      if (std::isnan(matrix(row, column))) return true;
    }
  }
  return false;
}

void paint_cells(cairo_t* context, std::span<const float> values, const CellGrid& grid, double x,
                 double y, ColorMap map, double pixels_per_point) {
  if (grid.rows * grid.columns <= kMostRectangles) {
    return paint_rectangles(context, values, grid, x, y, map);
  }
  const auto pixels = [&](double points) {
    return std::max(1, static_cast<int>(std::lround(points * pixels_per_point)));
  };
  const PixelBlock block{pixels(grid.width), pixels(grid.height)};
  const Surface image = image_of(values, grid, block, map);
  paint_image(context, image.get(), x, y, grid.width / block.width, grid.height / block.height);
}

void paint_matrix(cairo_t* context, TensorView<const float, 2> matrix, const MatrixLayout& layout,
                  double x, double y, ColorMap map, double pixels_per_point) {
  const CellGrid grid{layout.cells, layout.cells, layout.cell, layout.cell};
  paint_cells(context, pool_max(matrix, layout.pool), grid, x, y, map, pixels_per_point);
}

void paint_color_bar(cairo_t* context, double x, double y, double width, double height,
                     ColorMap map) {
  const Surface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, kColorBarSteps));
  unsigned char* bytes = cairo_image_surface_get_data(image.get());
  if (bytes == nullptr) return;
  const int stride = cairo_image_surface_get_stride(image.get());
  for (int step = 0; step < kColorBarSteps; ++step) {
    *reinterpret_cast<std::uint32_t*>(bytes + std::ptrdiff_t{step} * stride) =
        packed(color_of(map, 1 - (step + 0.5) / kColorBarSteps));
  }
  cairo_surface_mark_dirty(image.get());
  cairo_save(context);
  cairo_rectangle(context, x, y, width, height);
  cairo_clip(context);
  cairo_translate(context, x, y);
  cairo_scale(context, width, height / kColorBarSteps);
  cairo_set_source_surface(context, image.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
  cairo_paint(context);
  cairo_restore(context);
}

}  // namespace headlens
