#include "headlens/base/cancellation.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

class CancelledRuns : public testing::Test {
 protected:
  void TearDown() override { clear_cancellation(); }

  void expect_works() {
    clear_cancellation();
    const RunOutput run = model_.session().run({model_.sequence(0)});
    EXPECT_LT(largest_difference(run.logits.values(), model_.expected("seq0.logits").values()),
              1e-4);
  }

  ParityModel model_{"llama"};
};

TEST_F(CancelledRuns, StopBeforeLoading) {
  request_cancellation();
  EXPECT_THROW(model_.session().run({model_.sequence(0)}), CancelledError);
  expect_works();
}

TEST_F(CancelledRuns, StopBetweenBlocks) {
  expect_works();
  HookSet hooks;
  bool second_ran = false;
  hooks.edit({SiteKind::resid_pre, 0}, [](Tensor&) { request_cancellation(); });
  hooks.edit({SiteKind::resid_post, 1}, [&](Tensor&) { second_ran = true; });
  EXPECT_THROW(model_.session().run_with_hooks({model_.sequence(0)}, hooks), CancelledError);
  EXPECT_FALSE(second_ran);
  expect_works();
}

TEST_F(CancelledRuns, StopBetweenGroups) {
  expect_works();
  const std::vector<TokenSequence> many(200, model_.sequence(1));
  request_cancellation();
  EXPECT_THROW(model_.session().run(many), CancelledError);
  expect_works();
}

}  // namespace
}  // namespace headlens
