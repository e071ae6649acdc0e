#include "headlens/reports/matrix_painter.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace headlens {
namespace {

TEST(FitMatrix, CellsAreWholePixelsWithinTheSide) {
  for (const double scale : {1.0, 2.0, 3.5}) {
    for (const int tokens : {1, 2, 14, 60, 61, 512, 1024, 3000}) {
      const MatrixLayout layout = fit_matrix(tokens, 540, 30, scale);
      const double pixels = layout.cell * scale;
      EXPECT_NEAR(pixels, std::round(pixels), 1e-9);
      EXPECT_GE(pixels, 1);
      EXPECT_LE(layout.cell, 30 + 1e-9);
      EXPECT_LE(layout.side, 540 + 1e-9);
      EXPECT_GE(layout.cells * layout.pool, tokens);
      EXPECT_LT((layout.cells - 1) * layout.pool, tokens);
      EXPECT_LT(layout.center(tokens - 1), layout.side);
    }
  }
}

TEST(FitMatrix, PoolsOnlyBelowOnePixel) {
  EXPECT_EQ(fit_matrix(1024, 540, 30, 2).pool, 1);
  EXPECT_EQ(fit_matrix(1080, 540, 30, 2).pool, 1);
  EXPECT_EQ(fit_matrix(1081, 540, 30, 2).pool, 2);
}

TEST(PoolMax, TakesTheLargestAndKeepsRaggedEdges) {
  const std::array<float, 9> values = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.9F};
  const TensorView<const float, 2> matrix(values.data(), {3, 3});
  EXPECT_EQ(pool_max(matrix, 2), (std::vector<float>{0.5F, 0.6F, 0.8F, 0.9F}));
  EXPECT_EQ(pool_max(matrix, 1), std::vector<float>(values.begin(), values.end()));
}

TEST(PoolMax, NaNIsNotHidden) {
  const float nan = std::nanf("");
  for (int place = 0; place < 4; ++place) {
    std::array<float, 4> values = {0.1F, 0.9F, 0.5F, 0.2F};
    values[place] = nan;
    const TensorView<const float, 2> matrix(values.data(), {2, 2});
    EXPECT_TRUE(std::isnan(pool_max(matrix, 2).at(0)));
    EXPECT_TRUE(holds_nan(matrix));
  }
}

}  // namespace
}  // namespace headlens
