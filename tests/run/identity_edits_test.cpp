#include <gtest/gtest.h>

#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

/// An edit at hook_result makes the heads' results sum in another order, and one at attn_out adds
/// the bias in another place.
constexpr double kRounding = 5e-5;

class IdentityEdits : public testing::TestWithParam<std::string> {
 protected:
  static const Tensor& outputs(const RunOutput& run) {
    return run.logits.empty() ? run.class_logits : run.logits;
  }

  /// Bare encoders have no logits: their last hidden state stands for them.
  std::vector<float> result(const std::vector<TokenSequence>& batch, HookSet hooks) {
    Session& session = model_.session();
    const Site last{SiteKind::resid_post, session.spec().n_layers() - 1};
    hooks.cache(last);
    const RunOutput run = session.run_with_hooks(batch, hooks);
    const Tensor& logits = outputs(run);
    const Tensor& kept = logits.empty() ? run.cache.at(last) : logits;
    return {kept.values().begin(), kept.values().end()};
  }

  void expect_same_at_every_site(const std::vector<TokenSequence>& batch) {
    const std::vector<float> plain = result(batch, {});
    ASSERT_FALSE(plain.empty());
    for (const Site site : model_.session().sites()) {
      HookSet hooks;
      int calls = 0;
      hooks.edit(site, [&](Tensor&) { ++calls; });
      EXPECT_LT(largest_difference(result(batch, hooks), plain), kRounding) << to_string(site);
      EXPECT_EQ(calls, 1) << to_string(site);
    }
  }

  ParityModel model_{GetParam()};
};

TEST_P(IdentityEdits, ChangeNothingForOneSequence) {
  expect_same_at_every_site({model_.sequence(0)});
}

TEST_P(IdentityEdits, ChangeNothingForAPaddedBatch) {
  const TokenSequence one_token{{model_.sequence(1).ids.front()}};
  expect_same_at_every_site({model_.sequence(1), model_.sequence(0), one_token});
}

TEST_P(IdentityEdits, AllAtOnceChangeNothing) {
  HookSet hooks;
  for (const Site site : model_.session().sites()) hooks.edit(site, [](Tensor&) {});
  const std::vector<TokenSequence> batch{model_.sequence(0), model_.sequence(1)};
  EXPECT_LT(largest_difference(result(batch, hooks), result(batch, {})), kRounding);
}

TEST_P(IdentityEdits, HooksSeeWhatTheCacheHolds) {
  Session& session = model_.session();
  const std::vector<TokenSequence> batch{model_.sequence(0), model_.sequence(1)};
  const RunOutput cached = session.run_with_cache(batch, session.sites());
  std::map<Site, Tensor> seen;
  HookSet hooks;
  for (const Site site : session.sites()) {
    hooks.edit(site, [&seen, site](Tensor& value) { seen[site] = value.clone(); });
  }
  session.run_with_hooks(batch, hooks);
  for (const Site site : session.sites()) {
    Tensor expected = cached.cache.at(site).clone();
    Tensor& got = seen.at(site);
    EXPECT_EQ(got.shape(), expected.shape()) << to_string(site);
    for (Tensor* tensor : {&expected, &got}) {
      for (float& value : tensor->values()) value = std::max(value, -1e30f);  // masked scores
    }
    EXPECT_LT(largest_difference(got.values(), expected.values()), kRounding) << to_string(site);
  }
}

INSTANTIATE_TEST_SUITE_P(AllModels, IdentityEdits, testing::ValuesIn(ParityModel::names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
