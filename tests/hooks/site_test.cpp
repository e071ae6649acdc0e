#include "headlens/hooks/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace headlens {
namespace {

/// The names under which TransformerLens keeps these activations for a model of one block, in the
/// order of a forward pass; hook_token_type_embed and hook_normalized_resid_post are its encoders'.
const std::vector<std::string> kTransformerLensNames{
    "hook_embed",
    "hook_pos_embed",
    "hook_token_type_embed",
    "blocks.0.hook_resid_pre",
    "blocks.0.ln1.hook_scale",
    "blocks.0.ln1.hook_normalized",
    "blocks.0.attn.hook_q",
    "blocks.0.attn.hook_k",
    "blocks.0.attn.hook_v",
    "blocks.0.attn.hook_rot_q",
    "blocks.0.attn.hook_rot_k",
    "blocks.0.attn.hook_attn_scores",
    "blocks.0.attn.hook_pattern",
    "blocks.0.attn.hook_z",
    "blocks.0.attn.hook_result",
    "blocks.0.hook_attn_out",
    "blocks.0.hook_resid_mid",
    "blocks.0.ln2.hook_scale",
    "blocks.0.ln2.hook_normalized",
    "blocks.0.mlp.hook_pre",
    "blocks.0.mlp.hook_pre_linear",
    "blocks.0.mlp.hook_post",
    "blocks.0.hook_mlp_out",
    "blocks.0.hook_resid_post",
    "blocks.0.hook_normalized_resid_post",
    "ln_final.hook_scale",
    "ln_final.hook_normalized",
};

TEST(Sites, AreCalledAsInTransformerLens) {
  std::vector<std::string> names;
  for (const Site site : all_sites(1)) names.push_back(to_string(site));
  EXPECT_EQ(names, kTransformerLensNames);
}

TEST(Sites, NamesComeBackAsTheSameSite) {
  const std::vector<Site> sites = all_sites(13);
  const std::set<Site> distinct(sites.begin(), sites.end());
  EXPECT_EQ(sites.size(), 5 + 13 * 22u);
  EXPECT_EQ(distinct.size(), sites.size());
  for (const Site site : sites) {
    EXPECT_EQ(parse_site(to_string(site)), site) << to_string(site);
    EXPECT_EQ(is_per_layer(site.kind), site.layer >= 0) << to_string(site);
  }
  EXPECT_EQ(to_string({SiteKind::rot_k, 12}), "blocks.12.attn.hook_rot_k");
}

TEST(Sites, OtherTextsAreNoSites) {
  for (const std::string_view text : {"",
                                      "hook",
                                      "hook_q",
                                      "attn.hook_q",
                                      "blocks.attn.hook_q",
                                      "blocks..attn.hook_q",
                                      "blocks.x.attn.hook_q",
                                      "blocks.-1.attn.hook_q",
                                      "blocks.1.attn.hook_q ",
                                      "blocks.1x.attn.hook_q",
                                      "blocks.99999999999.attn.hook_q",
                                      "blocks.0.hook_embed",
                                      "blocks.0.hook_q",
                                      "block.0.attn.hook_q",
                                      "Blocks.0.attn.hook_q",
                                      "blocks.0.",
                                      "blocks.0",
                                      "blocks.",
                                      "ln_final.hook_scal",
                                      "blocks.*.attn.hook_q"}) {
    EXPECT_EQ(parse_site(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace headlens
