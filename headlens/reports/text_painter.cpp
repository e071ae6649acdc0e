#include "headlens/reports/text_painter.h"

#include <cmath>
#include <numbers>
#include <string>

#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr const char* kFamilies = "Noto Sans, DejaVu Sans, sans-serif";
// Half the height of capitals over the font size, for the sans-serif families above.
constexpr double kHalfCapital = 0.36;

}  // namespace

void set_color(cairo_t* context, Rgb color) {
  cairo_set_source_rgb(context, color.red / 255.0, color.green / 255.0, color.blue / 255.0);
}

TextPainter::TextPainter(cairo_t* context)
    : context_(context),
      layout_(pango_cairo_create_layout(context)),
      font_(pango_font_description_from_string(kFamilies)) {
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(pango_layout_get_context(layout_), options);
  cairo_font_options_destroy(options);
  pango_context_set_base_dir(pango_layout_get_context(layout_), PANGO_DIRECTION_LTR);
  pango_layout_set_auto_dir(layout_, FALSE);
  pango_layout_set_single_paragraph_mode(layout_, TRUE);
}

TextPainter::~TextPainter() {
  pango_font_description_free(font_);
  g_object_unref(layout_);
}

void TextPainter::set(std::string_view text, const TextStyle& style, double max_width) {
  pango_font_description_set_absolute_size(font_, style.size * PANGO_SCALE);
  pango_font_description_set_weight(font_,
                                    style.bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout_, font_);
  PangoAttrList* attributes = pango_attr_list_new();
  if (!style.kerning) pango_attr_list_insert(attributes, pango_attr_font_features_new("kern=0"));
  pango_layout_set_attributes(layout_, attributes);
  pango_attr_list_unref(attributes);
  const std::string valid = replace_invalid_utf8(text);
  pango_layout_set_text(layout_, valid.data(), static_cast<int>(valid.size()));
  pango_layout_set_ellipsize(layout_, max_width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  pango_layout_set_width(layout_, max_width > 0 ? static_cast<int>(max_width * PANGO_SCALE) : -1);
}

double TextPainter::width(std::string_view text, const TextStyle& style) {
  set(text, style, 0);
  int width = 0;
  pango_layout_get_size(layout_, &width, nullptr);
  return static_cast<double>(width) / PANGO_SCALE;
}

void TextPainter::draw(std::string_view text, const TextStyle& style,
                       const TextPlacement& placement) {
  set(text, style, placement.max_width);
  PangoRectangle extents;
  pango_layout_get_extents(layout_, nullptr, &extents);
  const double text_width = static_cast<double>(extents.width) / PANGO_SCALE;
  const double left = static_cast<double>(extents.x) / PANGO_SCALE;
  const double share = placement.anchor == Anchor::kLeft     ? 0
                       : placement.anchor == Anchor::kCenter ? 0.5
                                                             : 1;
  const double baseline = static_cast<double>(pango_layout_get_baseline(layout_)) / PANGO_SCALE;
  cairo_save(context_);
  set_color(context_, style.color);
  cairo_translate(context_, placement.x, placement.y);
  cairo_rotate(context_, placement.angle_degrees * std::numbers::pi / 180);
  cairo_move_to(context_, -share * text_width - left, kHalfCapital * style.size - baseline);
  pango_cairo_show_layout(context_, layout_);
  cairo_restore(context_);
}

}  // namespace headlens
