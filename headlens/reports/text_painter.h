#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include <string_view>

#include "headlens/reports/color_map.h"

namespace headlens {

inline constexpr Rgb kInk{0x1a, 0x1a, 0x1a};
inline constexpr Rgb kFaintInk{0x6b, 0x6b, 0x6b};

struct TextStyle {
  double size = 9;  ///< points
  bool bold = false;
  Rgb color = kInk;
  bool kerning = true;  ///< off keeps the mark for a space apart from the letter after it
};

enum class Anchor { kLeft, kCenter, kRight };

struct TextPlacement {
  double x = 0;  ///< of the anchor
  double y = 0;  ///< middle of the line, at half the height of capital letters
  Anchor anchor = Anchor::kLeft;
  double angle_degrees = 0;  ///< clockwise, about (x, y)
  double max_width = 0;      ///< points; longer text ends in "…"; 0 means any width
};

/// Draws single lines of text in any script. The line runs left to right whatever its characters
/// are; right-to-left runs are shaped and ordered inside it.
class TextPainter {
 public:
  /// @param context  must outlive the painter
  explicit TextPainter(cairo_t* context);
  ~TextPainter();
  TextPainter(const TextPainter&) = delete;
  TextPainter& operator=(const TextPainter&) = delete;

  void draw(std::string_view text, const TextStyle& style, const TextPlacement& placement);
  /// In points.
  double width(std::string_view text, const TextStyle& style);

 private:
  void set(std::string_view text, const TextStyle& style, double max_width);

  cairo_t* context_;
  PangoLayout* layout_;
  PangoFontDescription* font_;
};

void set_color(cairo_t* context, Rgb color);

}  // namespace headlens
