#include "headlens/reports/effect_heatmap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

EffectPicture picture_with(std::vector<float> effects, int columns) {
  EffectPicture picture{.layers = {},
                        .column_axis = "Head",
                        .columns = {},
                        .effects = std::move(effects),
                        .significant = {},
                        .bar_name = "Change",
                        .text = {.title = "Effects", .subtitle = "", .notes = {}, .origin = {}}};
  for (int i = 0; i < columns; ++i) picture.columns.push_back(std::to_string(i));
  const int rows = static_cast<int>(picture.effects.size()) / columns;
  for (int i = 0; i < rows; ++i) picture.layers.push_back(i);
  return picture;
}

Rgb color_at(double share) {
  return color_of(ColorMap::kRdBuReversed, static_cast<float>(0.5 + 0.5 * share));
}

TEST(EffectHeatmap, IsSymmetricAboutZero) {
  const ScratchFolder folder;
  write_effect_heatmap(folder / "a.png", picture_with({-1, 0.25f, 0, 4}, 2), 1);
  const Picture picture = read_png(folder / "a.png");
  const auto corner = picture.find_block(color_at(-0.25), 100);
  ASSERT_TRUE(corner);
  const int cell = runs(picture, corner->x, corner->y + 5, 60).front().length;
  const auto middle = [&](int row, int column) {
    return picture.at(corner->x + column * cell + cell / 2, corner->y + row * cell + cell / 2);
  };
  EXPECT_EQ(middle(0, 0), color_at(-0.25));
  EXPECT_EQ(middle(0, 1), color_at(0.0625));
  EXPECT_EQ(middle(1, 0), color_at(0));
  EXPECT_EQ(middle(1, 1), color_at(1));
}

TEST(EffectHeatmap, MarksCellsThatCount) {
  const ScratchFolder folder;
  EffectPicture picture = picture_with({-1, 1, 1, -1}, 2);
  write_effect_heatmap(folder / "plain.png", picture, 1);
  picture.significant = {0, 1, 0, 0};
  write_effect_heatmap(folder / "marked.png", picture, 1);
  const Picture plain = read_png(folder / "plain.png"), marked = read_png(folder / "marked.png");
  const auto corner = plain.find_block(color_at(-1), 100);
  ASSERT_TRUE(corner);
  const int cell = runs(plain, corner->x, corner->y + 5, 60).front().length;
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 2; ++column) {
      const int x = corner->x + column * cell + cell / 2, y = corner->y + row * cell + cell / 2;
      EXPECT_EQ(marked.at(x, y) == plain.at(x, y), row != 0 || column != 1) << row << column;
    }
  }
}

TEST(EffectHeatmap, ShowsCellsWithoutANumberInAnotherColor) {
  const ScratchFolder folder;
  write_effect_heatmap(folder / "a.png", picture_with({NAN, 1, -1, 1}, 2), 1);
  const Picture picture = read_png(folder / "a.png");
  const auto below = picture.find_block(color_at(-1), 100);
  ASSERT_TRUE(below);
  const Rgb missing = picture.at(below->x + 5, below->y - 5);
  for (const double share : {-1.0, 0.0, 1.0}) EXPECT_NE(missing, color_at(share));
}

TEST(EffectHeatmap, NothingButZeros) {
  const ScratchFolder folder;
  write_effect_heatmap(folder / "a.svg", picture_with({0, 0}, 2));
  write_effect_heatmap(folder / "a.png", picture_with({0, 0}, 1), 1);
  EXPECT_TRUE(read_png(folder / "a.png").find_block(color_at(0), 100));
}

}  // namespace
}  // namespace headlens
