#include "headlens/tensor/aligned_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

TEST(AlignedBuffers, StartOnACacheLineAndAreWritable) {
  for (const std::int64_t size : {1, 15, 16, 17, 1000, (1 << 21) / 4 - 1, (1 << 21) / 4 + 5}) {
    AlignedBuffer<float> buffer(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u) << size;
    std::fill_n(buffer.data(), size, 1.5f);
    EXPECT_EQ(buffer[size - 1], 1.5f);
  }
}

TEST(AlignedBuffers, NothingIsNoMemory) {
  EXPECT_EQ(AlignedBuffer<float>(0).data(), nullptr);
  EXPECT_EQ(AlignedBuffer<float>().size(), 0);
}

TEST(AlignedBuffers, ReserveOnlyGrows) {
  AlignedBuffer<int> buffer(100);
  const int* before = buffer.data();
  buffer.reserve(50);
  EXPECT_EQ(buffer.data(), before);
  EXPECT_EQ(buffer.size(), 100);
  buffer.reserve(101);
  EXPECT_EQ(buffer.size(), 101);
}

TEST(AlignedBuffers, MovesLeaveNothingBehind) {
  AlignedBuffer<int> first(10);
  first[9] = 42;
  AlignedBuffer<int> second = std::move(first);
  EXPECT_EQ(second[9], 42);
  EXPECT_EQ(first.data(), nullptr);
  AlignedBuffer<int> third(3);
  third = std::move(second);
  EXPECT_EQ(third.size(), 10);
}

TEST(AlignedBuffers, SizesWhoseBytesDoNotFitAreRefused) {
  // 2^62 floats are 2^64 bytes, which is 0 in 64 bits.
  EXPECT_THROW(AlignedBuffer<float>(std::int64_t{1} << 62), ResourceError);
  EXPECT_THROW(AlignedBuffer<float>(-1), ResourceError);
  EXPECT_THROW(AlignedBuffer<char>(std::int64_t{1} << 60), ResourceError);
}

}  // namespace
}  // namespace headlens
