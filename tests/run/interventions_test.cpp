#include <gtest/gtest.h>

#include <filesystem>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

/// Edits that tools/core_goldens/interventions.py made by hooks on Transformers' modules.
class Interventions : public testing::TestWithParam<std::string> {
 protected:
  Interventions()
      : model_(GetParam()),
        goldens_(read_safetensors(std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "run" /
                                  (GetParam() + ".safetensors"))) {}

  Tensor golden(const std::string& name) const { return ParityModel::decode(goldens_.at(name)); }

  void expect_logits(const std::string& golden_name, Site site, const Hook& hook) {
    HookSet hooks;
    hooks.edit(site, hook);
    const RunOutput run = model_.session().run_with_hooks({model_.sequence(0)}, hooks);
    const Tensor expected = golden(golden_name);
    EXPECT_LT(largest_difference(run.logits.values(), expected.values()), 1e-4);
    EXPECT_GT(largest_difference(model_.expected("seq0.logits").values(), expected.values()), 0.01)
        << "the edit changes nothing, so that nothing is tested";
  }

  /// Multiplies head h of [batch, pos, head, d_head].
  static Hook scale_head(std::int64_t head, float factor) {
    return [=](Tensor& value) {
      const auto view = value.view<4>();
      for (std::int64_t pos = 0; pos < value.size(1); ++pos) {
        for (std::int64_t i = 0; i < value.size(3); ++i) view(0, pos, head, i) *= factor;
      }
    };
  }

  static Hook scale(float factor) {
    return [=](Tensor& value) {
      for (float& number : value.values()) number *= factor;
    };
  }

  ParityModel model_;
  Checkpoint goldens_;
};

TEST_P(Interventions, ZeroingAHeadsZ) {
  expect_logits("z_zeroed", {SiteKind::z, 1}, scale_head(1, 0.0f));
}

TEST_P(Interventions, SteeringTheResidualStream) {
  const Tensor vector = golden("vector");
  expect_logits("resid_pre_steered", {SiteKind::resid_pre, 1}, [&](Tensor& value) {
    const std::int64_t width = vector.element_count();
    for (std::int64_t i = 0; i < value.element_count(); ++i) {
      value.data()[i] += vector.data()[i % width];
    }
  });
}

TEST_P(Interventions, MakingAPatternRowUniform) {
  expect_logits("pattern_uniform", {SiteKind::pattern, 0}, [](Tensor& value) {
    const auto view = value.view<4>();
    for (std::int64_t key = 0; key < value.size(3); ++key) {
      view(0, 2, 6, key) = key < 7 ? 1.0f / 7 : 0.0f;
    }
  });
}

TEST_P(Interventions, PushingScores) {
  expect_logits("scores_pushed", {SiteKind::attn_scores, 1}, [](Tensor& value) {
    const auto view = value.view<4>();
    for (std::int64_t query = 0; query < value.size(2); ++query) view(0, 0, query, 0) += 1.5f;
  });
}

TEST_P(Interventions, ScalingTheMlp) {
  expect_logits("mlp_post_scaled", {SiteKind::mlp_post, 0}, scale(0.4f));
  expect_logits("mlp_out_negated", {SiteKind::mlp_out, 0}, scale(-1.0f));
}

TEST_P(Interventions, DoublingAttentionsOutput) {
  expect_logits("attn_out_doubled", {SiteKind::attn_out, 0}, scale(2.0f));
}

TEST_P(Interventions, ScalingTokenEmbeddings) {
  expect_logits("embed_scaled", {SiteKind::embed, -1}, scale(0.7f));
}

TEST_P(Interventions, HalvingAHeadsRotatedQueries) {
  if (goldens_.find("rot_q_halved") == nullptr) GTEST_SKIP() << "no rotary positions";
  expect_logits("rot_q_halved", {SiteKind::rot_q, 0}, scale_head(1, 0.5f));
}

TEST_P(Interventions, ZeroingAKeyValueHeadsValues) {
  if (goldens_.find("v_zeroed") == nullptr) GTEST_SKIP() << "fused projection in Transformers";
  expect_logits("v_zeroed", {SiteKind::v, 0}, scale_head(1, 0.0f));
}

/// A head's result is what its z adds, so that zeroing either is the same.
TEST_P(Interventions, ZeroingAHeadsResultIsZeroingItsZ) {
  expect_logits("z_zeroed", {SiteKind::result, 1}, scale_head(1, 0.0f));
}

INSTANTIATE_TEST_SUITE_P(Models, Interventions, testing::Values("gpt2", "llama", "bert_masked_lm"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
