#include "headlens/reports/attention_heatmap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

/// Neighbours differ clearly, and the first is the only 1.
float distinct_weight(int, int, int query, int key) {
  if (query == 0 && key == 0) return 1;
  return static_cast<float>((query * 31 + key * 47) % 97) / 100;
}

/// Checks every cell of the matrix in a picture of an n x n pattern whose first weight is 1.
void expect_cells(const Picture& picture, int n, const Weight& weight, ColorMap map) {
  const auto corner = picture.find(color_of(map, 1));
  ASSERT_TRUE(corner);
  const int cell = runs(picture, corner->x, corner->y, picture.width).front().length;
  ASSERT_GT(cell, 0);
  for (int query = 0; query < n; ++query) {
    const int y = corner->y + query * cell + cell / 2;
    const std::vector<PixelRun> row = runs(picture, corner->x, y, n * cell);
    ASSERT_EQ(row.size(), static_cast<std::size_t>(n)) << "cells of query " << query;
    for (int key = 0; key < n; ++key) {
      EXPECT_EQ(row[key].color, color_of(map, weight(0, 0, query, key))) << query << "," << key;
      EXPECT_EQ(row[key].length, cell) << query << "," << key;
    }
  }
  // Frame and text are grey, and no colour of these maps is.
  const Rgb below = picture.at(corner->x + cell / 2, corner->y + n * cell);
  EXPECT_TRUE(below.red == below.green && below.green == below.blue) << "more than n rows";
}

class HeatmapCells : public testing::TestWithParam<int> {};

TEST_P(HeatmapCells, HaveExactlyTheirColors) {
  const int n = GetParam();
  const ScratchFolder folder;
  const AttentionResult result = attention_of(numbered_tokens(n), {0}, 1, distinct_weight);
  for (const ColorMap map : {ColorMap::kViridis, ColorMap::kCividis}) {
    for (const double scale : {1.0, 2.0, 2.5}) {
      write_attention_heatmap(folder / "a.png", result, 0, 0,
                              {.color_map = map, .pixels_per_point = scale});
      expect_cells(read_png(folder / "a.png"), n, distinct_weight, map);
    }
  }
}

// 61 is the first that is drawn as an image.
INSTANTIATE_TEST_SUITE_P(Sizes, HeatmapCells, testing::Values(1, 2, 5, 14, 60, 61, 130));

TEST(AttentionHeatmap, DrawsTheAskedLayerAndHead) {
  const ScratchFolder folder;
  const Weight weight = [](int layer, int head, int, int) {
    return layer == 1 && head == 2 ? 1.0F : 0.0F;
  };
  const AttentionResult result = attention_of(numbered_tokens(3), {4, 7}, 3, weight);
  write_attention_heatmap(folder / "a.png", result, 7, 2);
  write_attention_heatmap(folder / "b.png", result, 4, 2);
  const Rgb one = color_of(ColorMap::kViridis, 1);
  EXPECT_GE(read_png(folder / "a.png").count(one), 9 * 30 * 30);
  EXPECT_LT(read_png(folder / "b.png").count(one), 2000) << "only the bar's top";
}

TEST(AttentionHeatmap, NamesWhatDoesNotExist) {
  const ScratchFolder folder;
  const AttentionResult result = attention_of(numbered_tokens(3), {4, 7}, 3, causal_weight);
  EXPECT_THROW(write_attention_heatmap(folder / "a.png", result, 5, 0), UsageError);
  EXPECT_THROW(write_attention_heatmap(folder / "a.png", result, 4, 3), UsageError);
  EXPECT_THROW(write_attention_heatmap(folder / "a.png", result, 4, -1), UsageError);
  EXPECT_THROW(write_attention_heatmap(folder / "a.gif", result, 4, 0), UnsupportedError);
  EXPECT_THROW(write_attention_heatmap(folder / "no/a.png", result, 4, 0), ResourceError);
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(AttentionHeatmap, RefusesAPatternThatDisagreesWithItsTokens) {
  const ScratchFolder folder;
  AttentionResult result = attention_of(numbered_tokens(3), {0}, 1, causal_weight);
  result.prompt.tokens.pop_back();
  EXPECT_THROW(write_attention_heatmap(folder / "a.png", result, 0, 0), ShapeError);
}

TEST(AttentionHeatmap, DrawsNaNInGrey) {
  const ScratchFolder folder;
  const Weight weight = [](int, int, int query, int key) {
    return query == 1 && key == 0 ? std::nanf("") : 0.3F;
  };
  write_attention_heatmap(folder / "a.png", attention_of(numbered_tokens(4), {0}, 1, weight), 0, 0);
  const Picture with = read_png(folder / "a.png");
  EXPECT_EQ(with.count_blocks(kMissingColor, 30 * 30), 1);
  write_attention_heatmap(folder / "b.png", attention_of(numbered_tokens(4), {0}, 1, causal_weight),
                          0, 0);
  const Picture without = read_png(folder / "b.png");
  EXPECT_EQ(without.count_blocks(kMissingColor, 4), 0);
  EXPECT_GT(with.height, without.height) << "the note takes a line";
}

TEST(AttentionHeatmap, PoolsTinyCellsAndSaysSo) {
  const ScratchFolder folder;
  const Weight weight = [](int, int, int query, int key) {
    return query == 401 && key == 101 ? 1.0F : 0.0F;
  };
  const AttentionResult result = attention_of(numbered_tokens(700), {0}, 1, weight);
  write_attention_heatmap(folder / "a.png", result, 0, 0, {.pixels_per_point = 1});
  write_attention_heatmap(folder / "b.png", result, 0, 0, {.pixels_per_point = 2});
  const Picture pooled = read_png(folder / "a.png");
  const Rgb one = color_of(ColorMap::kViridis, 1);
  const auto lonely = pooled.find(color_of(ColorMap::kViridis, 0));
  ASSERT_TRUE(lonely);
  EXPECT_EQ(pooled.at(lonely->x + 101 / 2, lonely->y + 401 / 2), one);
  EXPECT_GT(2 * pooled.height, read_png(folder / "b.png").height - 380);
}

/// A softmax over pseudo-random scores, as flat rows are drawn in nearly one colour.
float noisy_weight(int, int, int query, int key) {
  if (key > query) return 0;
  const unsigned mixed = ((query * 2654435761U) ^ (key * 2246822519U)) * 3266489917U;
  constexpr double kSpread = 12;
  const double mean = (std::exp(kSpread) - 1) / kSpread;
  return static_cast<float>(std::exp(kSpread * (mixed >> 8) / (1 << 24)) / (mean * (query + 1)));
}

TEST(AttentionHeatmap, VectorFilesStaySmall) {
  const ScratchFolder folder;
  for (const int n : {14, 60, 512, 1024}) {
    const AttentionResult result = attention_of(numbered_tokens(n), {0}, 1, noisy_weight);
    for (const char* name : {"a.svg", "a.pdf"}) {
      write_attention_heatmap(folder / name, result, 0, 0);
      EXPECT_LT(std::filesystem::file_size(folder / name), 2U << 20) << name << " " << n;
    }
  }
}

TEST(AttentionHeatmap, DrawsHostileTokensInEveryFormat) {
  const ScratchFolder folder;
  const AttentionResult result = attention_of(hostile_tokens(), {0}, 1, causal_weight);
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) {
    write_attention_heatmap(folder / name, result, 0, 0);
    EXPECT_GT(std::filesystem::file_size(folder / name), 1000U);
  }
  EXPECT_EQ(read_text(folder / "a.svg").find("<script"), std::string::npos);
}

}  // namespace
}  // namespace headlens
