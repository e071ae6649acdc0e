#include "headlens/hooks/hook_set.h"

#include <gtest/gtest.h>

namespace headlens {
namespace {

TEST(HookSets, StartWithNothing) {
  const HookSet hooks;
  EXPECT_TRUE(hooks.cached().empty());
  EXPECT_TRUE(hooks.edits().empty());
  EXPECT_FALSE(hooks.has_edits());
}

TEST(HookSets, KeepASitesHooksInOrder) {
  HookSet hooks;
  const Site site{SiteKind::z, 0};
  hooks.edit(site, [](Tensor& value) { value.data()[0] += 1; });
  hooks.edit({SiteKind::z, 1}, [](Tensor&) {});
  hooks.edit(site, [](Tensor& value) { value.data()[0] *= 10; });
  Tensor value = Tensor::zeros({1});
  ASSERT_EQ(hooks.edits().at(site).size(), 2u);
  for (const Hook& hook : hooks.edits().at(site)) hook(value);
  EXPECT_EQ(value.data()[0], 10.0f);
  EXPECT_TRUE(hooks.has_edits());
  EXPECT_TRUE(hooks.cached().empty());
}

TEST(HookSets, CacheEachSiteOnce) {
  HookSet hooks;
  hooks.cache({SiteKind::embed, -1});
  hooks.cache(std::vector<Site>{{SiteKind::embed, -1}, {SiteKind::q, 3}});
  EXPECT_EQ(hooks.cached().size(), 2u);
  EXPECT_FALSE(hooks.has_edits());
}

}  // namespace
}  // namespace headlens
