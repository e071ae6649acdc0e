#pragma once

#include <cairo.h>

#include <filesystem>
#include <memory>
#include <string>

#include "headlens/base/atomic_file.h"

namespace headlens {

/// A white page that becomes a PNG, SVG or PDF file. One unit is a point (1/72 inch), the origin is
/// the top left corner. The file appears only with finish().
class Canvas {
 public:
  /// @param title             for the file's own description, which screen readers read
  /// @param pixels_per_point  of PNG files, and of images inside SVG and PDF; lowered where the
  /// page
  ///                          would exceed the largest image, 32,767 pixels
  /// @throws UnsupportedError  if the path does not end in .png, .svg or .pdf
  /// @throws ResourceError     if the file cannot be created
  Canvas(const std::filesystem::path& path, double width, double height, std::string title,
         double pixels_per_point);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  /// Owned by the canvas.
  cairo_t* context() { return context_; }
  double width() const { return width_; }
  double height() const { return height_; }
  double pixels_per_point() const { return pixels_per_point_; }

  /// Writes the file. Nothing may be drawn after it.
  /// @throws ResourceError  if drawing or writing failed
  void finish();

 private:
  void check() const;
  void close_surface();

  AtomicFile file_;
  std::string title_;
  std::string extension_;
  double width_;
  double height_;
  double pixels_per_point_;
  std::string encoded_;
  cairo_surface_t* surface_ = nullptr;
  cairo_t* context_ = nullptr;
};

/// The format that a figure path asks for: its extension, in lower case with the dot.
/// @throws UnsupportedError  if it is none of .png, .svg, .pdf
std::string figure_extension(const std::filesystem::path& path);

}  // namespace headlens
