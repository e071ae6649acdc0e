#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

constexpr double kTolerance = 1e-4;

class Parity : public testing::TestWithParam<std::string> {};

std::vector<Site> pattern_and_residual_sites(const ModelSpec& spec) {
  std::vector<Site> sites;
  const bool post = spec.block().norm_place == NormPlace::post;
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    sites.push_back({SiteKind::pattern, layer});
    sites.push_back({SiteKind::resid_pre, layer});
    sites.push_back({post ? SiteKind::normalized_resid_post : SiteKind::resid_post, layer});
  }
  return sites;
}

const Tensor& outputs(const RunOutput& run) {
  return run.logits.empty() ? run.class_logits : run.logits;
}

void expect_same(ParityModel& model, const RunOutput& run, int sequence, double tolerance) {
  const std::string prefix = "seq" + std::to_string(sequence) + ".";
  const int n_layers = model.session().spec().n_layers();
  if (model.expects(prefix + "logits")) {
    EXPECT_LT(largest_difference(outputs(run).values(), model.expected(prefix + "logits").values()),
              tolerance);
  }
  for (int l = 0; l < n_layers; ++l) {
    const std::string index = std::to_string(l);
    EXPECT_LT(largest_difference(run.cache.at({SiteKind::resid_pre, l}).values(),
                                 model.expected(prefix + "hidden_states." + index).values()),
              tolerance)
        << "hidden state " << l;
    EXPECT_LT(largest_difference(run.cache.at({SiteKind::pattern, l}).values(),
                                 model.expected(prefix + "attentions." + index).values()),
              tolerance)
        << "attention " << l;
  }
  const bool causal = model.expects(prefix + "final_residual");
  const Site last{causal ? SiteKind::resid_post : SiteKind::normalized_resid_post, n_layers - 1};
  const std::string last_name =
      causal ? "final_residual" : "hidden_states." + std::to_string(n_layers);
  EXPECT_LT(
      largest_difference(run.cache.at(last).values(), model.expected(prefix + last_name).values()),
      tolerance);
}

TEST_P(Parity, LogitsHiddenStatesAndAttentionEqualTransformers) {
  ParityModel model(GetParam());
  const auto sites = pattern_and_residual_sites(model.session().spec());
  for (const int sequence : {0, 1}) {
    SCOPED_TRACE("sequence " + std::to_string(sequence));
    const RunOutput run = model.session().run_with_cache({model.sequence(sequence)}, sites);
    expect_same(model, run, sequence, kTolerance);
  }
}

/// What a sequence has in a batch, taken out of the padded tensor [batch, pos, ...].
std::vector<float> unpadded(const Tensor& padded, int index, std::int64_t length, bool left) {
  const std::int64_t positions = padded.size(1);
  const std::int64_t width = padded.element_count() / padded.size(0) / positions;
  const float* first =
      padded.data() + (index * positions + (left ? positions - length : 0)) * width;
  return {first, first + length * width};
}

TEST_P(Parity, PaddingOnEitherSideChangesNothing) {
  ParityModel model(GetParam());
  const std::vector<TokenSequence> batch{model.sequence(0), model.sequence(1), model.sequence(1),
                                         model.sequence(0), model.sequence(1)};
  const int last_layer = model.session().spec().n_layers() - 1;
  const Site site{SiteKind::resid_post, last_layer};
  for (const PaddingSide side : {PaddingSide::right, PaddingSide::left}) {
    const RunOutput together = model.session().run_with_cache(batch, {site}, {.padding = side});
    for (int i = 0; i < 5; ++i) {
      const RunOutput alone = model.session().run_with_cache({batch[i]}, {site});
      const auto length = static_cast<std::int64_t>(batch[i].ids.size());
      EXPECT_EQ(unpadded(together.cache.at(site), i, length, side == PaddingSide::left),
                std::vector<float>(alone.cache.at(site).values().begin(),
                                   alone.cache.at(site).values().end()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, Parity, testing::ValuesIn(ParityModel::names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
