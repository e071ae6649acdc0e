#include "headlens/learn/example_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

TEST(ExampleMatrix, HoldsTheStatesToRounding) {
  const Tensor x = learn_array("hostile");
  const ExampleMatrix examples(matrix(x));
  ASSERT_EQ(examples.n_features(), x.size(1) + 1);
  for (std::int64_t j = 0; j < x.size(1); ++j) {
    EXPECT_EQ(std::exp2(std::ilogb(examples.scale()[j])), examples.scale()[j]);
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      const double stored = examples.row(i)[j];
      const double back = stored * examples.scale()[j] + examples.mean()[j];
      EXPECT_NEAR(back, x.view<2>()(i, j), 1e-7 * std::abs(x.view<2>()(i, j) - examples.mean()[j]));
      sum += stored;
      squares += stored * stored;
    }
    const auto n = static_cast<double>(x.size(0));
    EXPECT_NEAR(sum / n, 0, 1e-6);
    EXPECT_GE(squares / n, 0.99);
    EXPECT_LT(squares / n, 4.01);
  }
  for (std::int64_t i = 0; i < examples.n_blocks() * examples.block_rows(); ++i) {
    EXPECT_EQ(examples.row(i)[x.size(1)], i < x.size(0) ? 1 : 0);
  }
}

TEST(ExampleMatrix, RefusesNothing) {
  const float one = 1;
  EXPECT_THROW(ExampleMatrix(TensorView<const float, 2>(&one, {0, 1})), UsageError);
  EXPECT_THROW(ExampleMatrix(TensorView<const float, 2>(&one, {1, 0})), UsageError);
}

}  // namespace
}  // namespace headlens
