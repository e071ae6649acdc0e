#include "headlens/tensor/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

TEST(Shapes, CountElements) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({7}), 7);
  EXPECT_EQ(element_count({30, 9, 14, 14}), 52920);
  EXPECT_EQ(element_count({3, 0, 5}), 0);
  EXPECT_EQ(element_count({kLargest}), kLargest);
  EXPECT_EQ(element_count({std::int64_t{1} << 31, std::int64_t{1} << 31}), std::int64_t{1} << 62);
}

TEST(Shapes, CountsThatDoNotFitAreRefused) {
  for (const Shape& shape :
       {Shape{std::int64_t{1} << 32, std::int64_t{1} << 31}, Shape{kLargest, 2},
        Shape{3, kLargest / 2}, Shape(64, 2), Shape{kLargest, kLargest, kLargest}}) {
    EXPECT_THAT([&] { element_count(shape); },
                ThrowsMessage<ShapeError>(HasSubstr("got " + to_string(shape))));
  }
}

TEST(Shapes, ASizeOfZeroMakesAnyShapeEmpty) {
  EXPECT_EQ(element_count({kLargest, kLargest, 0}), 0);
}

TEST(Shapes, NegativeSizesAreRefused) {
  EXPECT_THROW(element_count({-1}), ShapeError);
  EXPECT_THROW(element_count({-2, -3}), ShapeError);
  EXPECT_THROW(element_count({0, -3}), ShapeError);
}

TEST(Shapes, ReadAsLists) {
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(to_string(Shape{5}), "[5]");
  EXPECT_EQ(to_string(Shape{30, 9, 14}), "[30, 9, 14]");
}

}  // namespace
}  // namespace headlens
