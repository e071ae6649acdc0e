#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "headlens/reports/color_map.h"

namespace headlens {

/// A PNG as it is on disk.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<Rgb> pixels;

  Rgb at(int x, int y) const { return pixels[static_cast<std::size_t>(y) * width + x]; }
  /// First pixel of that colour, row by row.
  struct Point {
    int x = 0;
    int y = 0;
  };
  std::optional<Point> find(Rgb color) const;
  int count(Rgb color) const;
  /// Top left corners of rectangles of exactly that colour with at least that many pixels.
  std::vector<Point> blocks(Rgb color, int least_pixels) const;
  int count_blocks(Rgb color, int least_pixels) const {
    return static_cast<int>(blocks(color, least_pixels).size());
  }
  std::optional<Point> find_block(Rgb color, int least_pixels) const {
    const std::vector<Point> found = blocks(color, least_pixels);
    return found.empty() ? std::nullopt : std::optional(found.front());
  }
};

/// @throws std::runtime_error  if it is no PNG
Picture read_png(const std::filesystem::path& path);

/// A run of equal pixels.
struct PixelRun {
  Rgb color;
  int length = 0;
};
/// Runs from (x, y) to the right, over `length` pixels.
std::vector<PixelRun> runs(const Picture& picture, int x, int y, int length);

}  // namespace headlens
