#include "headlens/reports/attention_grid.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

class GridHeads : public testing::TestWithParam<int> {};

TEST_P(GridHeads, DrawsEveryHeadOnce) {
  const ScratchFolder folder;
  // One cell that is 1 in each head marks its panel; the second row differs from head to head.
  const Weight weight = [](int, int head, int query, int) {
    return query == 0 ? 1.0F : static_cast<float>(head % 50) / 100;
  };
  const AttentionResult result = attention_of(numbered_tokens(2), {3}, GetParam(), weight);
  write_attention_grid(folder / "a.png", result, 3);
  const Picture picture = read_png(folder / "a.png");
  const auto corner = picture.find(color_of(ColorMap::kViridis, 1));
  ASSERT_TRUE(corner);
  const PixelRun row = runs(picture, corner->x, corner->y, picture.width).front();
  const int cell_pixels = row.length * row.length / 4;
  EXPECT_EQ(picture.count_blocks(color_of(ColorMap::kViridis, 1), 2 * cell_pixels), GetParam());
  EXPECT_EQ(picture.count_blocks(color_of(ColorMap::kViridis, 0), cell_pixels),
            GetParam() / 50 + (GetParam() % 50 > 0 ? 1 : 0))
      << "heads 0, 50, 100";
}

INSTANTIATE_TEST_SUITE_P(Heads, GridHeads, testing::Values(1, 2, 3, 7, 9, 12, 16, 64, 71, 128));

TEST(AttentionGrid, StaysNearThePagesAspect) {
  const ScratchFolder folder;
  for (const int heads : {4, 9, 12, 16, 32, 64, 128}) {
    write_attention_grid(folder / "a.png",
                         attention_of(numbered_tokens(14), {0}, heads, causal_weight), 0);
    const Picture picture = read_png(folder / "a.png");
    const double aspect = static_cast<double>(picture.width) / picture.height;
    EXPECT_GT(aspect, 0.7) << heads;
    EXPECT_LT(aspect, 1.8) << heads;
  }
}

TEST(AttentionGrid, WritesEveryFormatForShortAndLongPrompts) {
  const ScratchFolder folder;
  for (const int n : {1, 14, 300}) {
    const AttentionResult result = attention_of(numbered_tokens(n), {0}, 5, causal_weight);
    for (const char* name : {"a.png", "a.svg", "a.pdf"}) {
      write_attention_grid(folder / name, result, 0);
      EXPECT_GT(std::filesystem::file_size(folder / name), 1000U);
    }
  }
  write_attention_grid(folder / "h.svg", attention_of(hostile_tokens(), {0}, 3, causal_weight), 0);
}

TEST(AttentionGrid, DrawsNaNInGreyAndNamesWhatDoesNotExist) {
  const ScratchFolder folder;
  const Weight weight = [](int, int head, int, int) { return head == 1 ? std::nanf("") : 0.5F; };
  const AttentionResult result = attention_of(numbered_tokens(3), {0}, 4, weight);
  write_attention_grid(folder / "a.png", result, 0);
  EXPECT_EQ(read_png(folder / "a.png").count_blocks(kMissingColor, 1000), 1);
  EXPECT_THROW(write_attention_grid(folder / "b.png", result, 1), UsageError);
  EXPECT_THROW(write_attention_grid(folder / "no/b.png", result, 0), ResourceError);
  EXPECT_EQ(folder.file_count(), 1U);
}

}  // namespace
}  // namespace headlens
