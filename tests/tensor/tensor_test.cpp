#include "headlens/tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace headlens {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor counting(Shape shape) {
  Tensor tensor(std::move(shape));
  std::iota(tensor.values().begin(), tensor.values().end(), 0.0f);
  return tensor;
}

TEST(Tensors, KnowTheirShape) {
  const Tensor tensor({2, 3, 5});
  EXPECT_EQ(tensor.rank(), 3);
  EXPECT_EQ(tensor.size(2), 5);
  EXPECT_EQ(tensor.element_count(), 30);
  EXPECT_EQ(tensor.values().size(), 30u);
  EXPECT_FALSE(tensor.empty());
}

TEST(Tensors, MayBeEmpty) {
  EXPECT_TRUE(Tensor().empty());
  EXPECT_TRUE(Tensor({3, 0}).empty());
  EXPECT_EQ(Tensor(Shape{}).element_count(), 1);
}

TEST(Tensors, ZerosAreZero) { EXPECT_THAT(Tensor::zeros({7, 11}).values(), Each(0.0f)); }

TEST(Tensors, ClonesAreTheirOwn) {
  Tensor tensor = counting({2, 3});
  const Tensor copy = tensor.clone();
  tensor.data()[4] = -1;
  EXPECT_EQ(copy.shape(), (Shape{2, 3}));
  EXPECT_THAT(copy.values(), testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Tensors, MovesTakeTheNumbersAlong) {
  Tensor tensor = counting({4});
  const float* data = tensor.data();
  const Tensor moved = std::move(tensor);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(moved.data()[3], 3.0f);
}

TEST(Tensors, ViewsReachTheNumbers) {
  Tensor tensor = counting({2, 3, 4});
  EXPECT_EQ((tensor.view<3>()(1, 2, 3)), 23.0f);
  tensor.view<3>()(0, 1, 0) = 100;
  EXPECT_EQ(tensor.data()[4], 100.0f);
  EXPECT_THAT([&] { tensor.view<2>(); },
              ThrowsMessage<ShapeError>("view: expected rank 2, got [2, 3, 4]"));
}

TEST(Tensors, ReshapeKeepsTheNumbers) {
  Tensor tensor = counting({2, 6});
  tensor.reshape({3, 4});
  EXPECT_EQ((tensor.view<2>()(2, 1)), 9.0f);
  EXPECT_THAT(
      [&] {
        tensor.reshape({5, 2});
      },
      ThrowsMessage<ShapeError>("reshape: expected 12 elements, got [5, 2]"));
  EXPECT_EQ(tensor.shape(), (Shape{3, 4}));
}

TEST(Tensors, TooLargeOnesAreRefused) {
  EXPECT_THROW(Tensor({std::int64_t{1} << 40, std::int64_t{1} << 40}), ShapeError);
  EXPECT_THROW(Tensor({-1, 4}), ShapeError);
  EXPECT_THAT([] { Tensor({std::int64_t{1} << 62}); },
              ThrowsMessage<ResourceError>(HasSubstr("cannot allocate")));
}

}  // namespace
}  // namespace headlens
