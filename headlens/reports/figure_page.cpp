#include "headlens/reports/figure_page.h"

#include <cmath>

namespace headlens {

void measure_text(const std::function<void(TextPainter&)>& measure) {
  cairo_surface_t* surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, nullptr);
  cairo_t* context = cairo_create(surface);
  {
    TextPainter painter(context);
    measure(painter);
  }
  cairo_destroy(context);
  cairo_surface_destroy(surface);
}

double snapped(double points, double pixels_per_point) {
  return std::ceil(points * pixels_per_point) / pixels_per_point;
}

void draw_frame(cairo_t* context, double x, double y, double width, double height) {
  constexpr double kHairline = 0.5;
  set_color(context, {0xc8, 0xc8, 0xc8});
  cairo_set_line_width(context, kHairline);
  cairo_rectangle(context, x - kHairline / 2, y - kHairline / 2, width + kHairline,
                  height + kHairline);
  cairo_stroke(context);
}

void draw_query_axis_name(TextPainter& painter, double x, double middle) {
  painter.draw("Query (attending from)", {.size = 10},
               {.x = x, .y = middle, .anchor = Anchor::kCenter, .angle_degrees = -90});
}

void draw_key_axis_name(TextPainter& painter, double middle, double y) {
  painter.draw("Key (attending to)", {.size = 10},
               {.x = middle, .y = y, .anchor = Anchor::kCenter});
}

}  // namespace headlens
