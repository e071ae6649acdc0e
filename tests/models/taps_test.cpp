#include "headlens/models/taps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ModelSpec spec_of(const std::string& name) { return ModelFolder(name).open()->spec(); }

TEST(Taps, FamiliesHaveTheirOwnSites) {
  const ModelSpec gpt2 = spec_of("gpt2"), llama = spec_of("llama"), bert = spec_of("bert"),
                  neox = spec_of("gpt_neox_parallel");
  const Site position{SiteKind::pos_embed, -1}, type{SiteKind::token_type_embed, -1},
      rotated{SiteKind::rot_q, 0}, middle{SiteKind::resid_mid, 0},
      gate{SiteKind::mlp_pre_linear, 0}, after{SiteKind::normalized_resid_post, 0},
      last{SiteKind::ln_final_scale, -1};
  EXPECT_TRUE(has_site(position, gpt2) && has_site(position, bert));
  EXPECT_FALSE(has_site(position, llama) || has_site(position, neox));
  EXPECT_TRUE(has_site(type, bert));
  EXPECT_FALSE(has_site(type, gpt2));
  EXPECT_TRUE(has_site(rotated, llama) && has_site(rotated, neox));
  EXPECT_FALSE(has_site(rotated, gpt2));
  EXPECT_FALSE(has_site(middle, neox));
  EXPECT_TRUE(has_site(middle, llama));
  EXPECT_TRUE(has_site(gate, llama));
  EXPECT_FALSE(has_site(gate, gpt2));
  EXPECT_TRUE(has_site(after, bert));
  EXPECT_FALSE(has_site(after, gpt2));
  EXPECT_TRUE(has_site(last, gpt2));
  EXPECT_FALSE(has_site(last, bert));
  EXPECT_FALSE(has_site({SiteKind::z, 2}, gpt2));
}

TEST(Taps, SitesThatAModelLacksAreRefused) {
  const ModelSpec gpt2 = spec_of("gpt2");
  const RowBatch batch({{{1, 2}}}, PaddingSide::right);
  for (const Site site : {Site{SiteKind::z, 2}, Site{SiteKind::rot_k, 0}}) {
    HookSet cached, edited;
    cached.cache(site);
    edited.edit(site, [](Tensor&) {});
    ActivationCache cache;
    const auto refusal =
        ThrowsMessage<UsageError>(HasSubstr("no site " + to_string(site) + "; it has 2 layers"));
    EXPECT_THAT([&] { Taps(cached, gpt2, batch, &cache); }, refusal);
    EXPECT_THAT([&] { Taps(edited, gpt2, batch, &cache); }, refusal);
  }
}

TEST(Taps, RunOnlyAsFarAsIsHeard) {
  const ModelSpec gpt2 = spec_of("gpt2");
  const RowBatch batch({{{1, 2}}}, PaddingSide::right);
  const auto needed = [&](Site site) {
    HookSet hooks;
    hooks.cache(site);
    ActivationCache cache;
    return Taps(hooks, gpt2, batch, &cache).blocks_needed();
  };
  EXPECT_EQ(needed({SiteKind::embed, -1}), 0);
  EXPECT_EQ(needed({SiteKind::resid_pre, 0}), 1);
  EXPECT_EQ(needed({SiteKind::z, 1}), 2);
  EXPECT_EQ(needed({SiteKind::ln_final_scale, -1}), 2);
}

}  // namespace
}  // namespace headlens
