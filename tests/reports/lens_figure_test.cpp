#include "headlens/reports/lens_figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

std::vector<int> first_positions(int count) {
  std::vector<int> positions(count);
  std::iota(positions.begin(), positions.end(), 0);
  return positions;
}

/// Gives every cell its own probability, so that it can be found by its colour.
LensResult distinct_lens(int layers, int positions) {
  LensResult lens = lens_of(numbered_tokens(positions), layers, first_positions(positions));
  for (int layer = 0; layer < layers; ++layer) {
    for (int p = 0; p < positions; ++p) {
      lens.cells_LP[layer][p].top[0].probability =
          1 - (layer * positions + p + 0.5) / (layers * positions + 1);
    }
  }
  return lens;
}

TEST(LensFigure, DrawsOutputOnTopAndEveryCellInItsColor) {
  const ScratchFolder folder;
  const LensResult lens = distinct_lens(5, 4);
  write_lens_figure(folder / "a.png", lens);
  const Picture picture = read_png(folder / "a.png");
  int previous_y = picture.height;
  for (int layer = 0; layer < 5; ++layer) {
    int previous_x = -1;
    int y = 0;
    for (int p = 0; p < 4; ++p) {
      const Rgb color = color_of(ColorMap::kViridis, lens.cells_LP[layer][p].top[0].probability);
      // Larger than a step of the colour bar.
      const auto corner = picture.find_block(color, 400);
      ASSERT_TRUE(corner) << layer << "," << p;
      EXPECT_GT(corner->x, previous_x);
      previous_x = corner->x;
      y = corner->y;
    }
    EXPECT_LT(y, previous_y) << "deeper layers stand higher";
    previous_y = y;
  }
}

TEST(LensFigure, ShowsTheTopTokensOfASinglePosition) {
  const ScratchFolder folder;
  LensResult lens = lens_of(numbered_tokens(3), 4, {2});
  lens.cells_LP[1][0].top.resize(1);
  lens.cells_LP[0][0].top.clear();
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) write_lens_figure(folder / name, lens);
  EXPECT_GT(read_png(folder / "a.png").count(color_of(ColorMap::kViridis, 0.8)), 500);
}

TEST(LensFigure, WidePromptsShowTheLastPositions) {
  const ScratchFolder folder;
  write_lens_figure(folder / "a.png", distinct_lens(3, 24));
  write_lens_figure(folder / "b.png", lens_of(numbered_tokens(400), 3, first_positions(400)));
  const Picture narrow = read_png(folder / "a.png");
  const Picture wide = read_png(folder / "b.png");
  EXPECT_LT(wide.width, narrow.width * 1.3);
  EXPECT_GT(wide.height, narrow.height) << "the note takes a line";
}

TEST(LensFigure, HostileTokensAndNaN) {
  const ScratchFolder folder;
  const int count = static_cast<int>(hostile_tokens().size());
  LensResult lens = lens_of(hostile_tokens(), 3, first_positions(count));
  lens.cells_LP[1][2].top[0].probability = std::nan("");
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) write_lens_figure(folder / name, lens);
  EXPECT_GE(read_png(folder / "a.png").count(kMissingColor), 200);
}

TEST(LensFigure, RefusesCellsThatDisagree) {
  const ScratchFolder folder;
  LensResult lens = distinct_lens(3, 2);
  lens.cells_LP.pop_back();
  EXPECT_THROW(write_lens_figure(folder / "a.png", lens), ShapeError);
  lens = distinct_lens(3, 2);
  lens.positions[0] = 99;
  EXPECT_THROW(write_lens_figure(folder / "a.png", lens), ShapeError);
  EXPECT_THROW(write_lens_figure(folder / "no/a.png", distinct_lens(3, 2)), ResourceError);
  EXPECT_EQ(folder.file_count(), 0U);
}

}  // namespace
}  // namespace headlens
