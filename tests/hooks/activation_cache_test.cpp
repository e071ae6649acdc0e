#include "headlens/hooks/activation_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr Site kZ{SiteKind::z, 1};

TEST(ActivationCaches, KeepTensorsBySiteAndName) {
  ActivationCache cache;
  const float* data = cache.insert(kZ, Tensor({2, 3})).data();
  EXPECT_TRUE(cache.contains(kZ));
  EXPECT_EQ(cache.at(kZ).data(), data);
  EXPECT_EQ(cache.at("blocks.1.attn.hook_z").data(), data);
  EXPECT_EQ(cache.tensors().size(), 1u);
}

TEST(ActivationCaches, SayWhatIsMissing) {
  ActivationCache cache;
  cache.insert(kZ, Tensor({1}));
  EXPECT_THAT(
      [&] {
        cache.at({SiteKind::z, 0});
      },
      ThrowsMessage<UsageError>(HasSubstr("blocks.0.attn.hook_z is not in the cache")));
  EXPECT_THAT([&] { cache.at("blocks.0.attn.hook_zed"); },
              ThrowsMessage<UsageError>(HasSubstr("no site is called blocks.0.attn.hook_zed")));
  EXPECT_THROW(cache.take({SiteKind::embed, -1}), UsageError);
}

TEST(ActivationCaches, CountTheirBytes) {
  ActivationCache cache;
  EXPECT_EQ(cache.byte_size(), 0);
  cache.insert(kZ, Tensor({2, 3}));
  cache.insert({SiteKind::embed, -1}, Tensor({5}));
  EXPECT_EQ(cache.byte_size(), 44);
}

TEST(ActivationCaches, GiveTensorsAway) {
  ActivationCache cache;
  cache.insert(kZ, Tensor({4})).data()[2] = 7;
  const Tensor taken = cache.take(kZ);
  EXPECT_EQ(taken.data()[2], 7.0f);
  EXPECT_FALSE(cache.contains(kZ));
  cache.insert(kZ, Tensor({1}));
  cache.erase(kZ);
  EXPECT_THROW(cache.at(kZ), UsageError);
}

TEST(ActivationCaches, ASecondTensorReplacesTheFirst) {
  ActivationCache cache;
  cache.insert(kZ, Tensor({4}));
  cache.insert(kZ, Tensor({9}));
  EXPECT_EQ(cache.at(kZ).element_count(), 9);
}

}  // namespace
}  // namespace headlens
