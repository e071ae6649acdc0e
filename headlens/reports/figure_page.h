#pragma once

#include <cairo.h>

#include <functional>

#include "headlens/reports/text_painter.h"

namespace headlens {

inline constexpr double kPageMargin = 22;
inline constexpr double kAxisNameHeight = 20;

/// Calls `measure` with a painter on a surface that is thrown away, for pages whose size depends on
/// the width of their text.
void measure_text(const std::function<void(TextPainter&)>& measure);

/// The next multiple of a device pixel, upwards.
double snapped(double points, double pixels_per_point);

/// A hairline just outside a rectangle, so that pale colours do not fade into the page.
void draw_frame(cairo_t* context, double x, double y, double width, double height);

/// Names of the axes of an attention matrix.
void draw_query_axis_name(TextPainter& painter, double x, double middle);
void draw_key_axis_name(TextPainter& painter, double middle, double y);

}  // namespace headlens
