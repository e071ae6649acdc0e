#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "headlens/base/errors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class HookSemantics : public testing::TestWithParam<std::string> {
 protected:
  ParityModel model_{GetParam()};
  Session& session_ = model_.session();
  std::vector<TokenSequence> batch_{model_.sequence(0), model_.sequence(1)};

  void expect_still_works() {
    const RunOutput run = session_.run({model_.sequence(0)});
    EXPECT_LT(largest_difference(run.logits.values(), model_.expected("seq0.logits").values()),
              1e-4);
  }
};

TEST_P(HookSemantics, HooksOfOneSiteRunInOrder) {
  const Site site{SiteKind::mlp_out, 0};
  const RunOutput plain = session_.run_with_cache(batch_, {site});
  HookSet hooks;
  hooks.cache(site);
  hooks.edit(site, [](Tensor& value) {
    for (float& number : value.values()) number += 1;
  });
  hooks.edit(site, [](Tensor& value) {
    for (float& number : value.values()) number *= 3;
  });
  const RunOutput edited = session_.run_with_hooks({batch_[0]}, hooks);
  const auto before = plain.cache.at(site).values(), after = edited.cache.at(site).values();
  for (std::size_t i = 0; i < after.size(); ++i) {
    ASSERT_NEAR(after[i], (before[i] + 1) * 3, 1e-4) << i;
  }
}

TEST_P(HookSemantics, TheCacheHoldsWhatEditsLeft) {
  for (const Site site : session_.sites()) {
    HookSet hooks;
    hooks.cache(site);
    hooks.edit(site, [](Tensor& value) { std::ranges::fill(value.values(), 0.125f); });
    const RunOutput run = session_.run_with_hooks({batch_[0]}, hooks);
    EXPECT_THAT(run.cache.at(site).values(), testing::Each(0.125f)) << to_string(site);
  }
}

TEST_P(HookSemantics, EditsOfPaddingGoNowhere) {
  const Site last{SiteKind::resid_post, session_.spec().n_layers() - 1};
  const std::int64_t own = static_cast<std::int64_t>(batch_[1].ids.size());
  const RunOutput plain = session_.run(batch_);
  HookSet hooks;
  hooks.edit(last, [&](Tensor& value) {
    const auto view = value.view<3>();
    for (std::int64_t pos = own; pos < value.size(1); ++pos) {
      for (std::int64_t i = 0; i < value.size(2); ++i) view(1, pos, i) = 1e6f;
    }
  });
  const RunOutput edited = session_.run_with_hooks(batch_, hooks);
  EXPECT_LT(largest_difference(edited.logits.values(), plain.logits.values()), 1e-5);
}

TEST_P(HookSemantics, AnotherShapeIsRefused) {
  for (const Site site : session_.sites()) {
    HookSet hooks;
    hooks.edit(site, [](Tensor& value) { value = Tensor::zeros({1, 2, 3}); });
    EXPECT_THAT([&] { session_.run_with_hooks(batch_, hooks); },
                ThrowsMessage<ShapeError>(
                    AllOf(HasSubstr("hook at " + to_string(site)), HasSubstr("got [1, 2, 3]"))));
  }
  expect_still_works();
}

TEST_P(HookSemantics, TheSameNumbersInAnotherShapeAreRefused) {
  HookSet hooks;
  hooks.edit({SiteKind::z, 0}, [](Tensor& value) { value.reshape({value.element_count()}); });
  EXPECT_THROW(session_.run_with_hooks(batch_, hooks), ShapeError);
  expect_still_works();
}

TEST_P(HookSemantics, WhatAHookThrowsComesOut) {
  struct Mine {};
  for (const Site site : session_.sites()) {
    HookSet hooks;
    hooks.edit(site, [](Tensor&) { throw Mine(); });
    EXPECT_THROW(session_.run_with_hooks(batch_, hooks), Mine) << to_string(site);
  }
  expect_still_works();
}

TEST_P(HookSemantics, CannotRunTheirOwnSession) {
  HookSet hooks;
  hooks.edit({SiteKind::z, 0}, [&](Tensor&) { session_.run(batch_); });
  EXPECT_THROW(session_.run_with_hooks(batch_, hooks), UsageError);
  expect_still_works();
}

TEST_P(HookSemantics, RunsOfSeveralThreadsWaitForOneAnother) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) expect_still_works();
    });
  }
}

TEST_P(HookSemantics, WithoutLogitsTheCacheIsTheSame) {
  HookSet hooks;
  hooks.cache({SiteKind::pattern, 0});
  const RunOutput run = session_.run_with_hooks(batch_, hooks, {.logits = Logits::none});
  EXPECT_TRUE(run.logits.empty());
  EXPECT_TRUE(run.cache.contains({SiteKind::pattern, 0}));
  const RunOutput whole = session_.run_with_cache(batch_, {{SiteKind::pattern, 0}});
  EXPECT_LT(largest_difference(run.cache.at({SiteKind::pattern, 0}).values(),
                               whole.cache.at({SiteKind::pattern, 0}).values()),
            1e-6);
}

INSTANTIATE_TEST_SUITE_P(Models, HookSemantics,
                         testing::Values("gpt2", "llama", "gpt_neox_parallel", "bert_masked_lm"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
