#include "headlens/reports/curve_figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/reports/curve_page.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kPixels = 2;  ///< a point

CurvePicture picture_with(std::vector<CurveSeries> series) {
  return {.x_name = "Heads removed",
          .y_name = "Loss (nats per token)",
          .series = std::move(series),
          .text = {.title = "Loss", .subtitle = "tiny", .notes = {"A note."}, .origin = {"here"}}};
}

/// What a page shows, and what its pixels are.
struct Drawn {
  CurvePage page;
  Picture pixels;

  Rgb at(double x, double y) const {
    return pixels.at(static_cast<int>(x * kPixels), static_cast<int>(y * kPixels));
  }
  Rgb at_value(double x, double y) const { return at(page.x_at(x), page.y_at(y)); }
  /// Pixels of a colour in the plot alone, without the names beside it.
  int count_in_plot(Rgb color) const {
    int count = 0;
    for (int y = 0; y < pixels.height; ++y) {
      for (int x = 0; x < page.right * kPixels; ++x) count += pixels.at(x, y) == color ? 1 : 0;
    }
    return count;
  }
};

Drawn draw(const CurvePicture& picture) {
  const ScratchFolder folder;
  write_curve_figure(folder / "a.png", picture, kPixels);
  return {lay_out_curves(picture, kPixels), read_png(folder / "a.png")};
}

TEST(CurveFigure, LinesLandWhereTheirNumbersAre) {
  const Drawn drawn = draw(picture_with({{.name = "up", .x = {0, 10}, .y = {1, 3}},
                                         {.name = "down", .x = {0, 4, 10}, .y = {3, 1, 1}}}));
  for (double x = 0.5; x < 10; x += 0.5) {
    EXPECT_EQ(drawn.at_value(x, 1 + x / 5), series_color(0)) << x;
  }
  for (double x = 4.5; x < 10; x += 0.5) EXPECT_EQ(drawn.at_value(x, 1), series_color(1)) << x;
  EXPECT_EQ(drawn.at_value(3, 1.5), series_color(1));
  EXPECT_NE(drawn.at_value(5, 1.3), series_color(0));
}

/// The mapping itself, from nothing but the frame: x and y grow evenly to the right and upwards.
TEST(CurveFigure, NumbersSpreadEvenlyOverThePlot) {
  const CurvePage page =
      lay_out_curves(picture_with({{.name = "a", .x = {0, 100}, .y = {-2, 2}}}), kPixels);
  EXPECT_NEAR(page.x_at(50), (page.left + page.right) / 2, 1e-9);
  EXPECT_NEAR(page.y_at(0), (page.top + page.bottom) / 2, 1e-9);
  EXPECT_GT(page.x_at(0), page.left);
  EXPECT_LT(page.x_at(100), page.right);
  EXPECT_LT(page.y_at(2), page.y_at(-2));
  EXPECT_NEAR(page.x_at(75) - page.x_at(25), (page.x_at(100) - page.x_at(0)) / 2, 1e-9);
}

TEST(CurveFigure, ASinglePointIsAMark) {
  const Drawn drawn = draw(picture_with({{.name = "one", .x = {7}, .y = {2.5}}}));
  EXPECT_EQ(drawn.at_value(7, 2.5), series_color(0));
  const int pixels = drawn.count_in_plot(series_color(0));
  EXPECT_GT(pixels, 20);
  EXPECT_LT(pixels, 120) << "a mark and no line";
}

TEST(CurveFigure, NotANumberLeavesAGap) {
  const Drawn drawn = draw(picture_with(
      {{.name = "a", .x = {0, 1, 2, 3, 4, 5, 6}, .y = {1, 1, kNaN, 1, INFINITY, 1, 1}}}));
  EXPECT_EQ(drawn.at_value(0.5, 1), series_color(0));
  EXPECT_EQ(drawn.at_value(5.5, 1), series_color(0));
  EXPECT_EQ(drawn.at_value(3, 1), series_color(0)) << "a point without neighbours is marked";
  for (const double x : {1.5, 2.5, 3.5, 4.5}) {
    EXPECT_NE(drawn.at_value(x, 1), series_color(0)) << x;
  }
}

TEST(CurveFigure, NothingButNaN) {
  const Drawn drawn = draw(picture_with({{.name = "a", .x = {0, 1}, .y = {kNaN, kNaN}}}));
  EXPECT_EQ(drawn.count_in_plot(series_color(0)), 0);
}

TEST(CurveFigure, LogarithmicAxesSpreadPowersEvenly) {
  CurvePicture picture = picture_with({{.name = "a", .x = {1, 10, 100, 1000}, .y = {0, 1, 2, 3}}});
  picture.x_scaling = AxisScaling::logarithmic;
  const Drawn drawn = draw(picture);
  const CurvePage& page = drawn.page;
  const double decade = page.x_at(10) - page.x_at(1);
  EXPECT_NEAR(page.x_at(100) - page.x_at(10), decade, 1e-9);
  EXPECT_NEAR(page.x_at(1000) - page.x_at(100), decade, 1e-9);
  for (double power = 0.25; power < 3; power += 0.25) {
    EXPECT_EQ(drawn.at_value(std::pow(10, power), power), series_color(0)) << power;
  }
}

TEST(CurveFigure, BandsLieBetweenTheirEnds) {
  const Drawn drawn =
      draw(picture_with({{.name = "a", .x = {0, 10}, .y = {5, 5}, .low = {0, 0}, .high = {10, 10}},
                         {.name = "b", .x = {0, 10}, .y = {-5, 15}}}));
  // One fifth of the colour on white.
  const Rgb band = drawn.at_value(1.3, 8.2);
  EXPECT_NEAR(band.red, 255 - 0.2 * (255 - series_color(0).red), 2);
  EXPECT_NEAR(band.blue, 255 - 0.2 * (255 - series_color(0).blue), 2);
  EXPECT_EQ(drawn.at_value(8.7, 1.2), band);
  EXPECT_EQ(drawn.at_value(1.3, 11.3), (Rgb{255, 255, 255}));
  EXPECT_EQ(drawn.at_value(5.2, 5), series_color(0)) << "the line lies on its band";
}

TEST(CurveFigure, LevelsRunAcrossAndCountForTheRange) {
  CurvePicture picture = picture_with({{.name = "a", .x = {0, 10}, .y = {5, 6}}});
  picture.levels = {{"whole model", 2}};
  const Drawn drawn = draw(picture);
  const int y = static_cast<int>(drawn.page.y_at(2) * kPixels);
  int dark = 0;
  for (int x = static_cast<int>(drawn.page.left * kPixels); x < drawn.page.right * kPixels; ++x) {
    dark += drawn.pixels.at(x, y).red < 0xb0 ? 1 : 0;
  }
  EXPECT_GT(dark, (drawn.page.right - drawn.page.left) * kPixels * 0.3) << "dashes";
  EXPECT_LT(dark, (drawn.page.right - drawn.page.left) * kPixels * 0.9) << "gaps";
}

TEST(CurveFigure, NamesStandByTheEndsAndNeverOnEachOther) {
  std::vector<CurveSeries> many;
  for (int i = 0; i < 12; ++i) {
    many.push_back({.name = "series " + std::to_string(i), .x = {0, 1}, .y = {1.0 * i, 3}});
  }
  many.push_back({.name = "high", .x = {0, 1, 2}, .y = {0, 11, kNaN}});
  const CurvePicture picture = picture_with(many);
  const CurvePage page = lay_out_curves(picture, kPixels);
  const std::vector<CurveLabel> labels = lay_out_labels(picture, page);
  ASSERT_EQ(labels.size(), many.size());
  EXPECT_EQ(labels.front().index, 12U) << "the highest end is named first";
  EXPECT_NEAR(labels.front().y, page.y_at(11), kCurveLabelLine);
  for (std::size_t i = 1; i < labels.size(); ++i) {
    EXPECT_GE(labels[i].y - labels[i - 1].y, kCurveLabelLine - 1e-9);
  }
  EXPECT_GE(labels.front().y, page.top);
  EXPECT_LE(labels.back().y, page.bottom);
}

TEST(CurveFigure, ManySeriesGrowThePlot) {
  std::vector<CurveSeries> many(40, {.name = "a", .x = {0, 1}, .y = {0, 1}});
  const CurvePicture picture = picture_with(many);
  const CurvePage page = lay_out_curves(picture, kPixels);
  const std::vector<CurveLabel> labels = lay_out_labels(picture, page);
  EXPECT_GE(labels.front().y, page.top);
  EXPECT_LE(labels.back().y, page.bottom);
  EXPECT_GT(draw(picture).pixels.height, draw(picture_with({many[0]})).pixels.height);
}

TEST(CurveFigure, EightColorsDiffer) {
  std::set<std::tuple<int, int, int>> colors;
  for (std::size_t i = 0; i < 8; ++i) {
    const Rgb color = series_color(i);
    colors.insert({color.red, color.green, color.blue});
  }
  EXPECT_EQ(colors.size(), 8U);
  EXPECT_EQ(series_color(8), series_color(0));
}

TEST(CurveFigure, EveryFormatAndHostileNames) {
  const ScratchFolder folder;
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) {
    for (const std::string& token : hostile_tokens()) {
      CurvePicture picture = picture_with({{.name = token, .x = {0, 1}, .y = {0, 1}}});
      picture.x_name = picture.y_name = token;
      write_curve_figure(folder / name, picture);
    }
  }
  EXPECT_EQ(folder.file_count(), 3U);
}

TEST(CurveFigure, Refusals) {
  const ScratchFolder folder;
  const auto refuse = [&](CurvePicture picture) { write_curve_figure(folder / "a.png", picture); };
  EXPECT_THROW(refuse(picture_with({})), ShapeError);
  EXPECT_THROW(refuse(picture_with({{.name = "a", .x = {}, .y = {}}})), ShapeError);
  EXPECT_THROW(refuse(picture_with({{.name = "a", .x = {1, 2}, .y = {1}}})), ShapeError);
  EXPECT_THROW(refuse(picture_with({{.name = "a", .x = {1}, .y = {1}, .low = {1}}})), ShapeError);
  EXPECT_THROW(refuse(picture_with({{.name = "a", .x = {kNaN}, .y = {1}}})), UsageError);
  CurvePicture logarithmic = picture_with({{.name = "a", .x = {0, 1}, .y = {1, 2}}});
  logarithmic.x_scaling = AxisScaling::logarithmic;
  EXPECT_THROW(refuse(logarithmic), UsageError);
  CurvePicture level = picture_with({{.name = "a", .x = {0, 1}, .y = {1, 2}}});
  level.levels = {{"nowhere", kNaN}};
  EXPECT_THROW(refuse(level), UsageError);
  const CurvePicture good = picture_with({{.name = "a", .x = {0, 1}, .y = {1, 2}}});
  EXPECT_THROW(write_curve_figure(folder / "a.gif", good), UnsupportedError);
  EXPECT_THROW(write_curve_figure(folder / "no/a.png", good), ResourceError);
  EXPECT_EQ(folder.file_count(), 0U);
}

}  // namespace
}  // namespace headlens
