#include "headlens/reports/tree_figure.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/reports/curve_picture.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"
#include "tests/results/structural_samples.h"

namespace headlens {
namespace {

Picture draw(const StructuralResult& result) {
  const ScratchFolder folder;
  write_tree_figure(folder / "tree.png", result, *result.parse, 2);
  return read_png(folder / "tree.png");
}

/// Right edges have one colour and wrong ones another; more edges leave more ink.
TEST(TreeFigure, TellsRightEdgesFromWrongOnes) {
  StructuralResult result = structural_sample();
  const Picture both = draw(result);
  const int right = both.count(series_color(0)), wrong = both.count(series_color(1));
  EXPECT_GT(right, 20);
  EXPECT_GT(wrong, 20);
  result.parse->predicted_edges = {{0, 1}};
  const Picture one = draw(result);
  EXPECT_EQ(one.count(series_color(0)), right);
  EXPECT_EQ(one.count(series_color(1)), 0);
}

TEST(TreeFigure, HasRoomForEveryWord) {
  StructuralResult result = structural_sample();
  const int narrow = draw(result).width;
  for (int i = 0; i < 12; ++i) {
    result.parse->words.push_back("anotherword");
    result.parse->heads.push_back(2);
    result.parse->kept.push_back(1);
    result.parse->depths.push_back(1);
    result.parse->predicted_depths.push_back(1);
  }
  EXPECT_GT(draw(result).width, narrow + 400);
}

TEST(TreeFigure, RefusesUnknownFormats) {
  const StructuralResult result = structural_sample();
  const ScratchFolder folder;
  EXPECT_THROW(write_tree_figure(folder / "tree.gif", result, *result.parse), UnsupportedError);
}

}  // namespace
}  // namespace headlens
