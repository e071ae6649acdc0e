#include "headlens/interventions/sweep_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "headlens/base/errors.h"
#include "headlens/interventions/record.h"
#include "headlens/interventions/sweep.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

class Plans : public testing::Test {
 protected:
  Plans() : bases_(record_base_runs(model_.session(), {model_.sequence(0)})) {
    const auto length = bases_[0]->length();
    question_ = {{length - 2}, {1}};
    for (const SiteKind kind : {SiteKind::mlp_out, SiteKind::pattern, SiteKind::z}) {
      for (int layer = spec().n_layers() - 1; layer >= 0; --layer) {
        for (std::int64_t p = 0; p < length; ++p) {
          variants_.push_back(
              {bases_[0].get(), &question_, {{.site = {kind, layer}, .positions = {p}}}});
        }
      }
    }
  }
  const ModelSpec& spec() { return model_.session().spec(); }

  ParityModel model_{"llama"};
  std::vector<std::unique_ptr<BaseRun>> bases_;
  Question question_;
  std::vector<Variant> variants_;
};

TEST_F(Plans, HoldEveryVariantOnceInTheOrderOfDeparture) {
  const SweepPlan plan = plan_sweep(variants_, spec(), 2, std::int64_t{1} << 30);
  std::set<std::size_t> seen(plan.unmoved.begin(), plan.unmoved.end());
  EXPECT_EQ(seen.size(), 3u * spec().n_layers()) << "edits behind the position that is read";
  for (const Chunk& chunk : plan.chunks) {
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      EXPECT_TRUE(seen.insert(chunk[i].index).second);
      if (i == 0) continue;
      const Departure &before = chunk[i - 1].departure, &here = chunk[i].departure;
      EXPECT_LE(std::pair(before.layer, before.after_attention),
                std::pair(here.layer, here.after_attention));
    }
  }
  EXPECT_EQ(seen.size(), variants_.size());
}

TEST_F(Plans, KeepToTheMemory) {
  const std::int64_t one = chunk_bytes(spec(), bases_[0]->length(), 1, bases_[0]->length());
  const SweepPlan small = plan_sweep(variants_, spec(), 2, 2 * one);
  const SweepPlan large = plan_sweep(variants_, spec(), 2, std::int64_t{1} << 30);
  EXPECT_GT(small.chunks.size(), large.chunks.size());
  for (const Chunk& chunk : small.chunks) {
    std::int64_t rows = 0;
    for (const PlannedVariant& planned : chunk) rows += planned.rows();
    EXPECT_LE(chunk_bytes(spec(), rows, std::ssize(chunk), bases_[0]->length()), one);
  }
  EXPECT_THROW(plan_sweep(variants_, spec(), 2, one), ResourceError);
}

TEST_F(Plans, SitesBehindAttentionDepartAfterIt) {
  const auto departs_late = [&](std::vector<Site> sites) {
    Variant variant{bases_[0].get(), &question_};
    for (const Site site : sites) variant.interventions.push_back({.site = site});
    return departure_of(variant, spec()).after_attention;
  };
  EXPECT_TRUE(departs_late({{SiteKind::z, 1}}));
  EXPECT_TRUE(departs_late({{SiteKind::z, 0}, {SiteKind::q, 1}}));
  EXPECT_FALSE(departs_late({{SiteKind::z, 1}, {SiteKind::q, 1}}));
  EXPECT_FALSE(departs_late({{SiteKind::pattern, 0}}));
  EXPECT_FALSE(departs_late({{SiteKind::embed, -1}}));
}

TEST_F(Plans, BaseRunsOfManyPromptsTakeHalfOfTheMemory) {
  const std::vector<TokenSequence> sequences(10, model_.sequence(0));
  const std::int64_t one = base_run_bytes(spec(), bases_[0]->length(), false);
  const auto groups = [&](std::int64_t memory, std::int64_t unit) {
    return Sweep(model_.session(), Metric::kl, {.memory_bytes = memory}).groups(sequences, unit);
  };
  EXPECT_EQ(groups(std::int64_t{1} << 30, 1).size(), 1u);
  EXPECT_EQ(groups(2 * 3 * one, 1).size(), 4u);  // 3 + 3 + 3 + 1
  EXPECT_EQ(groups(2 * 3 * one, 2).size(), 5u);
  EXPECT_EQ(groups(1, 1).size(), 10u);
}

}  // namespace
}  // namespace headlens
