#include "headlens/tensor/view.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace headlens {
namespace {

class Views : public testing::Test {
 protected:
  void SetUp() override { std::iota(numbers_.begin(), numbers_.end(), 0); }
  std::vector<int> numbers_ = std::vector<int>(2 * 3 * 4);
};

TEST_F(Views, DenseStridesAreInCOrder) {
  const TensorView<int, 3> view(numbers_.data(), {2, 3, 4});
  EXPECT_EQ(view.stride(0), 12);
  EXPECT_EQ(view.stride(1), 4);
  EXPECT_EQ(view.stride(2), 1);
  for (int a = 0; a < 2; ++a) {
    for (int b = 0; b < 3; ++b) {
      for (int c = 0; c < 4; ++c) ASSERT_EQ(view(a, b, c), (a * 3 + b) * 4 + c);
    }
  }
}

TEST_F(Views, SubViewsKeepTheOtherAxes) {
  const TensorView<int, 3> view(numbers_.data(), {2, 3, 4});
  const TensorView<int, 2> second = view[1];
  EXPECT_EQ(second.size(0), 3);
  EXPECT_EQ(second.size(1), 4);
  EXPECT_EQ(second(2, 3), view(1, 2, 3));
  EXPECT_EQ(second[2](3), 23);
}

TEST_F(Views, WindowsSkipWhatIsNotTheirs) {
  // Columns 1 and 2 of the 6 x 4 matrix, every other row.
  const TensorView<int, 2> view(numbers_.data() + 1, {3, 2}, {8, 1});
  EXPECT_EQ(view(0, 0), 1);
  EXPECT_EQ(view(0, 1), 2);
  EXPECT_EQ(view(2, 0), 17);
  EXPECT_EQ(view[1](1), 10);
}

TEST_F(Views, WritingGoesThrough) {
  const TensorView<int, 2> view(numbers_.data(), {6, 4});
  view(5, 0) = -7;
  EXPECT_EQ(numbers_[20], -7);
}

}  // namespace
}  // namespace headlens
