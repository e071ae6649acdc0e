#include "headlens/reports/canvas.h"

#include <glib.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/reports/text_painter.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

bool is_well_formed_xml(const std::string& text) {
  const GMarkupParser parser{};
  GMarkupParseContext* context =
      g_markup_parse_context_new(&parser, GMarkupParseFlags{}, nullptr, nullptr);
  const bool good = g_markup_parse_context_parse(context, text.data(),
                                                 static_cast<gssize>(text.size()), nullptr) &&
                    g_markup_parse_context_end_parse(context, nullptr);
  g_markup_parse_context_free(context);
  return good;
}

void draw_something(const std::filesystem::path& path, double scale = 2) {
  Canvas canvas(path, 120, 80, "a <title> & more \xFF\x01", scale);
  TextPainter painter(canvas.context());
  painter.draw("text", {}, {.x = 10, .y = 20});
  set_color(canvas.context(), {10, 20, 30});
  cairo_rectangle(canvas.context(), 60, 40, 10, 10);
  cairo_fill(canvas.context());
  canvas.finish();
}

TEST(Canvas, WritesPngOfTheAskedResolution) {
  const ScratchFolder folder;
  draw_something(folder / "a.png", 3);
  const Picture picture = read_png(folder / "a.png");
  EXPECT_EQ(picture.width, 360);
  EXPECT_EQ(picture.height, 240);
  EXPECT_EQ(picture.at(0, 0), (Rgb{255, 255, 255}));
  EXPECT_EQ(picture.count({10, 20, 30}), 900);
}

TEST(Canvas, WritesWellFormedSvgWithATitle) {
  const ScratchFolder folder;
  draw_something(folder / "a.SVG");
  const std::string svg = read_text(folder / "a.SVG");
  EXPECT_TRUE(is_well_formed_xml(svg)) << svg.substr(0, 500);
  EXPECT_NE(svg.find("width=\"120pt\" height=\"80pt\""), std::string::npos);
  EXPECT_NE(svg.find("<title>a &lt;title> &amp; more \uFFFD </title>"), std::string::npos);
  EXPECT_NE(svg.find("<use "), std::string::npos) << "no glyphs";
}

TEST(Canvas, WritesPdfOfThePageSize) {
  const ScratchFolder folder;
  draw_something(folder / "a.pdf");
  const std::string pdf = read_text(folder / "a.pdf");
  EXPECT_EQ(pdf.rfind("%PDF-", 0), 0U);
  EXPECT_NE(pdf.find("%%EOF"), std::string::npos);
  EXPECT_NE(pdf.find("/MediaBox [ 0 0 120 80 ]"), std::string::npos);
}

TEST(Canvas, RefusesOtherFormatsAndNamesThese) {
  const ScratchFolder folder;
  try {
    draw_something(folder / "a.jpeg");
    FAIL() << "no exception";
  } catch (const UnsupportedError& error) {
    const std::string text = error.what();
    for (const char* name : {".png", ".svg", ".pdf", ".jpeg"}) {
      EXPECT_NE(text.find(name), std::string::npos) << text;
    }
  }
  EXPECT_THROW(draw_something(folder / "noextension"), UnsupportedError);
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(Canvas, LeavesNothingBehindWhenItCannotWrite) {
  const ScratchFolder folder;
  EXPECT_THROW(draw_something(folder / "missing/a.png"), ResourceError);
  std::filesystem::create_directory(folder / "taken.svg");
  EXPECT_THROW(draw_something(folder / "taken.svg"), ResourceError);
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(Canvas, WithoutFinishThereIsNoFile) {
  const ScratchFolder folder;
  { const Canvas canvas(folder / "a.png", 10, 10, "t", 1); }
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(Canvas, HugePagesAreDrawnAtALowerResolution) {
  const ScratchFolder folder;
  Canvas canvas(folder / "a.png", 40000, 10, "t", 2);
  canvas.finish();
  EXPECT_LE(read_png(folder / "a.png").width, 32767);
}

}  // namespace
}  // namespace headlens
