#include "headlens/reports/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "headlens/base/errors.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr double kLargestImage = 32767;

cairo_status_t append(void* closure, const unsigned char* bytes, unsigned int count) {
  try {
    static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;
  }
  return CAIRO_STATUS_SUCCESS;
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const Utf8Unit& unit : decode_utf8(text)) {
    const char32_t code_point = unit.code_point.value_or(0xFFFD);
    if (code_point == '<') {
      escaped += "&lt;";
    } else if (code_point == '&') {
      escaped += "&amp;";
    } else {
      // XML 1.0 has no form for control characters.
      append_utf8(escaped, code_point < 0x20 ? U' ' : code_point);
    }
  }
  return escaped;
}

/// Cairo writes no title of its own.
void insert_svg_title(std::string& svg, std::string_view title) {
  const std::size_t root = svg.find("<svg");
  const std::size_t end = root == std::string::npos ? root : svg.find('>', root);
  if (end == std::string::npos) return;
  svg.insert(end + 1, "\n<title>" + xml_escaped(title) + "</title>");
}

}  // namespace

std::string figure_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".png" || extension == ".svg" || extension == ".pdf") return extension;
  throw UnsupportedError(path.string() + ": figures are written as .png, .svg or .pdf, not \"" +
                         extension + "\"");
}

Canvas::Canvas(const std::filesystem::path& path, double width, double height, std::string title,
               double pixels_per_point)
    : file_((figure_extension(path), path)),
      title_(std::move(title)),
      extension_(figure_extension(path)),
      width_(width),
      height_(height),
      pixels_per_point_(std::min(pixels_per_point, kLargestImage / std::max(width, height))) {
  if (extension_ == ".svg") {
    surface_ = cairo_svg_surface_create_for_stream(append, &encoded_, width, height);
  } else if (extension_ == ".pdf") {
    surface_ = cairo_pdf_surface_create_for_stream(append, &encoded_, width, height);
    const std::string valid = replace_invalid_utf8(title_);
    cairo_pdf_surface_set_metadata(surface_, CAIRO_PDF_METADATA_TITLE, valid.c_str());
  } else {
    surface_ = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                          static_cast<int>(std::ceil(width * pixels_per_point_)),
                                          static_cast<int>(std::ceil(height * pixels_per_point_)));
    cairo_surface_set_device_scale(surface_, pixels_per_point_, pixels_per_point_);
  }
  context_ = cairo_create(surface_);
  cairo_set_source_rgb(context_, 1, 1, 1);
  cairo_paint(context_);
}

Canvas::~Canvas() { close_surface(); }

void Canvas::close_surface() {
  cairo_destroy(std::exchange(context_, nullptr));
  cairo_surface_destroy(std::exchange(surface_, nullptr));
}

void Canvas::check() const {
  cairo_status_t status = cairo_status(context_);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface_);
  if (status == CAIRO_STATUS_SUCCESS) return;
  throw ResourceError("figure \"" + title_ +
                      "\" could not be drawn: " + cairo_status_to_string(status));
}

void Canvas::finish() {
  check();
  if (extension_ == ".png") cairo_surface_write_to_png_stream(surface_, append, &encoded_);
  cairo_surface_finish(surface_);
  if (const cairo_status_t status = cairo_surface_status(surface_)) {
    throw ResourceError("figure \"" + title_ +
                        "\" could not be written: " + cairo_status_to_string(status));
  }
  close_surface();
  if (extension_ == ".svg") insert_svg_title(encoded_, title_);
  file_.write(encoded_);
  file_.commit();
}

}  // namespace headlens
