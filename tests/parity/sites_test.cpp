#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "headlens/models/taps.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

class SiteParity : public testing::TestWithParam<std::string> {};

/// Masked scores are -infinity here and the lowest float in TransformerLens's bridge.
void hide_masked(Tensor& scores) {
  for (float& value : scores.values()) {
    if (value < -1e30f) value = 0.0f;
  }
}

TEST_P(SiteParity, EverySiteHoldsWhatTransformerLensHolds) {
  ParityModel model(GetParam());
  std::vector<Site> sites;
  for (const auto& [name, stored] : model.sites().tensors) {
    const auto site = parse_site(name);
    if (name.find('.') == std::string::npos && !site) continue;
    ASSERT_TRUE(site.has_value()) << name;
    // The bridge calls the norm of BERT's prediction head ln_final; here the head is no site.
    if (!has_site(*site, model.session().spec())) {
      EXPECT_EQ(model.session().spec().family, "bert") << name;
      continue;
    }
    sites.push_back(*site);
  }
  ASSERT_GT(sites.size(), 10u);
  const bool post = model.session().spec().block().norm_place == NormPlace::post;
  const RunOutput run =
      model.session().run_with_cache({model.sequence(1)}, model.session().sites());
  for (const Site site : sites) {
    Tensor theirs = ParityModel::decode(model.sites().at(to_string(site)));
    // The bridge's resid_post of a post-norm block is what comes after the block's last norm.
    const bool after_norm = post && site.kind == SiteKind::resid_post;
    Tensor ours =
        run.cache.at(after_norm ? Site{SiteKind::normalized_resid_post, site.layer} : site).clone();
    hide_masked(theirs);
    hide_masked(ours);
    EXPECT_LT(largest_difference(ours.values(), theirs.values()), 1e-4) << to_string(site);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, SiteParity, testing::ValuesIn(ParityModel::names_with_sites()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
