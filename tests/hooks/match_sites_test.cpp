#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/hooks/site.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::string> names(std::string_view pattern, int n_layers) {
  std::vector<std::string> found;
  for (const Site site : match_sites(pattern, n_layers)) found.push_back(to_string(site));
  return found;
}

TEST(MatchSites, OneName) {
  EXPECT_THAT(names("blocks.2.attn.hook_z", 3), ElementsAre("blocks.2.attn.hook_z"));
  EXPECT_THAT(names("hook_embed", 3), ElementsAre("hook_embed"));
  EXPECT_THAT(names("ln_final.hook_scale", 3), ElementsAre("ln_final.hook_scale"));
}

TEST(MatchSites, EveryLayer) {
  const auto expected = ElementsAre("blocks.0.attn.hook_z", "blocks.1.attn.hook_z");
  EXPECT_THAT(names("blocks.*.attn.hook_z", 2), expected);
  EXPECT_THAT(names("attn.hook_z", 2), expected);
  EXPECT_THAT(names("hook_z", 2), expected);
}

TEST(MatchSites, ABareNameMayBeSeveralHooks) {
  EXPECT_THAT(
      names("hook_scale", 1),
      ElementsAre("blocks.0.ln1.hook_scale", "blocks.0.ln2.hook_scale", "ln_final.hook_scale"));
}

TEST(MatchSites, ABareNameIsAWholeName) {
  EXPECT_THAT(names("hook_pre", 1), ElementsAre("blocks.0.mlp.hook_pre"));
  EXPECT_THAT(names("hook_q", 1), ElementsAre("blocks.0.attn.hook_q"));
}

TEST(MatchSites, UnknownNamesAreAnsweredWithAllNames) {
  for (const std::string_view pattern :
       {"hook_nothing", "blocks.*.attn.hook_nothing", "", "z", "_z", "blocks.*.hook_z",
        "blocks.*.hook_embed", "blocks.x.attn.hook_z", "*"}) {
    EXPECT_THAT(
        [&] { match_sites(pattern, 2); },
        ThrowsMessage<UsageError>(AllOf(
            HasSubstr("no site is called " + std::string(pattern)), HasSubstr("hook_embed, "),
            HasSubstr("blocks.L.attn.hook_pattern, "), HasSubstr("ln_final.hook_normalized"))))
        << pattern;
  }
}

TEST(MatchSites, LayersThatAreNotThere) {
  EXPECT_THAT([] { match_sites("blocks.2.attn.hook_z", 2); },
              ThrowsMessage<UsageError>("site blocks.2.attn.hook_z: layers are 0 to 1"));
}

}  // namespace
}  // namespace headlens
