#include "headlens/reports/packed_attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/samples.h"

namespace headlens {
namespace {

constexpr std::size_t kPlenty = 1 << 20;

double unpacked(const PackedAttention& packed, std::size_t index) {
  return static_cast<unsigned char>(packed.bytes.at(index)) / 254.0;
}

TEST(PackedAttention, KeepsTheLowerTriangleWithinItsError) {
  const AttentionResult result = attention_of(numbered_tokens(9), {0, 1}, 3, causal_weight);
  const PackedAttention packed = pack_attention(result, kPlenty);
  EXPECT_TRUE(packed.lower);
  EXPECT_FALSE(packed.missing);
  EXPECT_EQ(packed.pool, 1);
  ASSERT_EQ(packed.bytes.size(), 2U * 3 * 45);
  std::size_t index = 0;
  for (int layer = 0; layer < 2; ++layer) {
    for (int head = 0; head < 3; ++head) {
      for (int query = 0; query < 9; ++query) {
        for (int key = 0; key <= query; ++key) {
          EXPECT_NEAR(unpacked(packed, index++), causal_weight(layer, head, query, key),
                      1.0 / 508 + 1e-7);
        }
      }
    }
  }
}

TEST(PackedAttention, KeepsAllOfABidirectionalPattern) {
  const Weight weight = [](int, int, int query, int key) {
    return static_cast<float>(query * 4 + key) / 16;
  };
  const PackedAttention packed =
      pack_attention(attention_of(numbered_tokens(4), {0}, 1, weight), kPlenty);
  EXPECT_FALSE(packed.lower);
  ASSERT_EQ(packed.bytes.size(), 16U);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(unpacked(packed, i), i / 16.0, 1.0 / 508);
}

TEST(PackedAttention, MarksNaNAndClamps) {
  const float values[2][2] = {{std::nanf(""), 2}, {-1, 1}};
  const AttentionResult result = attention_of(
      numbered_tokens(2), {0}, 1, [&](int, int, int query, int key) { return values[query][key]; });
  const PackedAttention packed = pack_attention(result, kPlenty);
  EXPECT_TRUE(packed.missing);
  EXPECT_EQ(packed.bytes, "\xFF\xFE" + std::string(1, '\0') + "\xFE");
}

TEST(PackedAttention, PoolsUntilItFits) {
  const Weight weight = [](int, int, int query, int key) {
    return query == 7 && key == 5 ? 1.0F : 0.0F;
  };
  const PackedAttention packed =
      pack_attention(attention_of(numbered_tokens(10), {0}, 1, weight), 15);
  EXPECT_EQ(packed.pool, 2);
  EXPECT_EQ(packed.cells, 5);
  ASSERT_EQ(packed.bytes.size(), 15U);
  EXPECT_EQ(unpacked(packed, 3 * 4 / 2 + 2), 1) << "query 7 / 2, key 5 / 2";
  EXPECT_EQ(std::count(packed.bytes.begin(), packed.bytes.end(), '\0'), 14);
}

}  // namespace
}  // namespace headlens
