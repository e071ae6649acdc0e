#include "headlens/models/block/lane_split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <random>
#include <vector>

namespace headlens {
namespace {

TEST(LaneSplit, ChunksOfAllLanesCoverEachRowOnce) {
  for (const int lanes : {1, 2, 3, 5}) {
    for (const std::int64_t rows : {1, 2, 47, 128, 129, 300, 1000}) {
      for (const bool whole : {false, true}) {
        std::vector<int> covered(rows);
        for (int i = 0; i < lanes; ++i) {
          Lane lane(i, lanes, nullptr);
          LaneSplit split(lane, Split::rows, rows, whole);
          ASSERT_FALSE(split.chunks().empty());
          if (whole) {
            ASSERT_EQ(split.chunks().size(), 1u);
          }
          for (const Range chunk : split.chunks()) {
            if (!whole) {
              ASSERT_LE(chunk.size(), LaneSplit::chunk_rows() + 1);
            }
            ASSERT_EQ(split.own(chunk).begin, chunk.begin);
            for (std::int64_t row = chunk.begin; row < chunk.end; ++row) ++covered[row];
          }
        }
        for (const int count : covered) ASSERT_EQ(count, 1);
      }
    }
  }
}

TEST(LaneSplit, ColumnsLetLanesOwnRowsForElementWiseWork) {
  std::vector<int> covered(10);
  for (int i = 0; i < 3; ++i) {
    Lane lane(i, 3, nullptr);
    LaneSplit split(lane, Split::columns, 10, false);
    ASSERT_EQ(split.chunks().size(), 1u);
    EXPECT_EQ(split.chunks()[0].size(), 10);
    EXPECT_FALSE(split.lane_buffers());
    const Range own = split.own(split.chunks()[0]);
    for (std::int64_t row = own.begin; row < own.end; ++row) ++covered[row];
  }
  for (const int count : covered) EXPECT_EQ(count, 1);
}

class SplitProducts
    : public testing::TestWithParam<std::tuple<Precision, Split, int, std::int64_t>> {};

TEST_P(SplitProducts, EqualOneProduct) {
  // Not a structured binding: clang 14 cannot capture one.
  const auto precision = std::get<0>(GetParam());
  const auto how = std::get<1>(GetParam());
  const auto lanes = std::get<2>(GetParam());
  const auto out = std::get<3>(GetParam());
  constexpr std::int64_t kRows = 13, kIn = 40;
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  const auto numbers = [&](std::int64_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = normal(engine);
    return values;
  };
  PackedLinear linear(out, kIn, precision, true);
  linear.pack_rows(0, out, numbers(out * kIn).data());
  for (float& value : linear.bias()) value = normal(engine);
  const auto x = numbers(kRows * kIn), before = numbers(kRows * out);
  for (const bool accumulate : {false, true}) {
    auto expected = before, y = before;
    linear.multiply(x.data(), kRows, expected.data(), accumulate);
    run_team(lanes, [&](Lane& lane) {
      LaneSplit split(lane, how, kRows, false);
      for (const Range chunk : split.chunks()) {
        split.multiply(linear, chunk, x.data() + chunk.begin * kIn, y.data() + chunk.begin * out,
                       accumulate, nullptr);
      }
    });
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], 2e-5) << i << (accumulate ? " added" : "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, SplitProducts,
                         testing::Combine(testing::Values(Precision::f32, Precision::bf16),
                                          testing::Values(Split::rows, Split::columns),
                                          testing::Values(1, 2, 3, 5),
                                          testing::Values(1, 36, 64, 100, 200)));

}  // namespace
}  // namespace headlens
