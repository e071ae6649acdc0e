#include "tests/reports/picture.h"

#include <cairo.h>

#include <algorithm>
#include <stdexcept>

namespace headlens {

Picture read_png(const std::filesystem::path& path) {
  cairo_surface_t* surface = cairo_image_surface_create_from_png(path.c_str());
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(surface);
    throw std::runtime_error(path.string() + " is no PNG");
  }
  Picture picture;
  picture.width = cairo_image_surface_get_width(surface);
  picture.height = cairo_image_surface_get_height(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  const unsigned char* data = cairo_image_surface_get_data(surface);
  for (int y = 0; y < picture.height; ++y) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(data + std::ptrdiff_t{y} * stride);
    for (int x = 0; x < picture.width; ++x) {
      picture.pixels.push_back({static_cast<std::uint8_t>(row[x] >> 16),
                                static_cast<std::uint8_t>(row[x] >> 8),
                                static_cast<std::uint8_t>(row[x])});
    }
  }
  cairo_surface_destroy(surface);
  return picture;
}

std::optional<Picture::Point> Picture::find(Rgb color) const {
  const auto found = std::ranges::find(pixels, color);
  if (found == pixels.end()) return std::nullopt;
  const auto index = static_cast<int>(found - pixels.begin());
  return Point{index % width, index / width};
}

int Picture::count(Rgb color) const { return static_cast<int>(std::ranges::count(pixels, color)); }

std::vector<Picture::Point> Picture::blocks(Rgb color, int least_pixels) const {
  const auto is = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < height && at(x, y) == color;
  };
  std::vector<Point> found;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (!is(x, y) || is(x - 1, y) || is(x, y - 1)) continue;
      int right = x;
      int bottom = y;
      while (is(right, y)) ++right;
      while (is(x, bottom)) ++bottom;
      if ((right - x) * (bottom - y) >= least_pixels) found.push_back({x, y});
    }
  }
  return found;
}

std::vector<PixelRun> runs(const Picture& picture, int x, int y, int length) {
  std::vector<PixelRun> found;
  for (int i = 0; i < length && x + i < picture.width; ++i) {
    const Rgb color = picture.at(x + i, y);
    if (found.empty() || found.back().color != color) found.push_back({color, 0});
    ++found.back().length;
  }
  return found;
}

}  // namespace headlens
