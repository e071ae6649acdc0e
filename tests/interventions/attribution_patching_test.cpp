#include "headlens/interventions/attribution_patching.h"

#include <gtest/gtest.h>

#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/interventions/pattern_change.h"
#include "headlens/interventions/site_values.h"
#include "tests/interventions/edge_test_support.h"

namespace headlens {
namespace {

class Attribution : public testing::TestWithParam<std::string> {
 protected:
  Attribution() : model_(GetParam()), pair_(differing_pair(model_)) {}
  Session& session() { return model_.session(); }

  /// The logit difference when a share of clean - corrupt is added to a place of the corrupt run.
  double moved(SiteKind kind, const GridPlace& place, float share) {
    const auto clean = site_values(session(), kind, pair_.clean.sequence);
    const auto corrupt = site_values(session(), kind, pair_.corrupt);
    HookSet hooks;
    hooks.edit({kind, place.layer}, [&](Tensor& value) {
      const std::int64_t heads = site_heads(kind, session().spec().block());
      const std::int64_t n = value.size(is_pattern_site(kind) ? 2 : 1);
      const std::int64_t width = value.element_count() / (n * heads);
      for (std::int64_t i = 0; i < value.element_count(); ++i) {
        const std::int64_t row = i / width;
        const std::int64_t head = is_pattern_site(kind) ? row / n : row % heads;
        const std::int64_t position = is_pattern_site(kind) ? row % n : row / heads;
        if (place.head >= 0 && head != place.head) continue;
        if (place.position >= 0 && position != place.position) continue;
        value.data()[i] +=
            share * (clean[place.layer]->data()[i] - corrupt[place.layer]->data()[i]);
      }
    });
    return logit_difference(pair_, session().run_with_hooks({pair_.corrupt}, hooks).logits);
  }

  ParityModel model_;
  AskedPair pair_;
};

TEST_P(Attribution, EstimatesAreSlopes) {
  for (const SiteKind kind : {SiteKind::z, SiteKind::k, SiteKind::pattern, SiteKind::mlp_out}) {
    const auto gradients = path_gradients(session(), Metric::logit_difference, pair_,
                                          PatchDirection::denoise, {}, {{kind, 0}});
    const auto clean = site_values(session(), kind, pair_.clean.sequence);
    const auto corrupt = site_values(session(), kind, pair_.corrupt);
    double estimate = 0;
    const Tensor& gradient = gradients.at({kind, 0});
    for (std::int64_t i = 0; i < gradient.element_count(); ++i) {
      estimate +=
          static_cast<double>(gradient.data()[i]) * (clean[0]->data()[i] - corrupt[0]->data()[i]);
    }
    constexpr float kShare = 0.004f;
    const double slope = (moved(kind, {0}, kShare) - moved(kind, {0}, -kShare)) / (2.0 * kShare);
    EXPECT_NEAR(estimate, slope, 0.01 * std::abs(slope) + 8e-4) << site_kind_name(kind);
  }
}

/// Completeness (Sundararajan et al. 2017): along the input's own path the estimates add up to the
/// whole change.
TEST_P(Attribution, IntegratedGradientsAddUp) {
  const Site input{SiteKind::resid_pre, 0};
  const auto gradients = path_gradients(session(), Metric::logit_difference, pair_,
                                        PatchDirection::denoise, {100}, {input});
  const auto clean = site_values(session(), SiteKind::resid_pre, pair_.clean.sequence);
  const auto corrupt = site_values(session(), SiteKind::resid_pre, pair_.corrupt);
  double sum = 0;
  for (std::int64_t i = 0; i < clean[0]->element_count(); ++i) {
    sum += static_cast<double>(gradients.at(input).data()[i]) *
           (clean[0]->data()[i] - corrupt[0]->data()[i]);
  }
  const double change = logit_difference(pair_, session().run({pair_.clean.sequence}).logits) -
                        logit_difference(pair_, session().run({pair_.corrupt}).logits);
  EXPECT_NEAR(sum, change, 0.005 * std::abs(change) + 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Models, Attribution, testing::ValuesIn(stream_models()),
                         [](const auto& test) { return test.param; });

class ExactSoftmax : public testing::Test {
 protected:
  ExactSoftmax() : model_("llama"), pair_(differing_pair(model_)) {}

  /// Changed patterns of a run with other queries or keys, times the pattern's gradient.
  double through_pattern(SiteKind kind, const GridPlace& place) {
    const Site pattern{SiteKind::pattern, place.layer};
    const auto source = site_values(model_.session(), kind, pair_.clean.sequence);
    HookSet hooks;
    hooks.edit({kind, place.layer}, [&](Tensor& value) {
      const std::int64_t heads = value.size(2), width = value.size(3);
      for (std::int64_t i = 0; i < value.element_count(); ++i) {
        if (place.head >= 0 && i / width % heads != place.head) continue;
        if (place.position >= 0 && i / width / heads != place.position) continue;
        value.data()[i] = source[place.layer]->data()[i];
      }
    });
    hooks.cache(pattern);
    const RunOutput after = model_.session().run_with_hooks({pair_.corrupt}, hooks);
    const RunOutput before = model_.session().run_with_cache({pair_.corrupt}, {pattern});
    const auto gradients = path_gradients(model_.session(), Metric::logit_difference, pair_,
                                          PatchDirection::denoise, {}, {pattern});
    double sum = 0;
    for (std::int64_t i = 0; i < gradients.at(pattern).element_count(); ++i) {
      sum += static_cast<double>(gradients.at(pattern).data()[i]) *
             (after.cache.at(pattern).data()[i] - before.cache.at(pattern).data()[i]);
    }
    return sum;
  }

  ParityModel model_;
  AskedPair pair_;
};

TEST_F(ExactSoftmax, IsThePatternsOwnChange) {
  for (const SiteKind kind : {SiteKind::q, SiteKind::k}) {
    for (const GridPlace& place : {GridPlace{0, 1, -1}, GridPlace{0, 0, 5}, GridPlace{1, -1, 6}}) {
      const SiteKind read = kind == SiteKind::q ? SiteKind::rot_q : SiteKind::rot_k;
      const auto source = site_values(model_.session(), read, pair_.clean.sequence);
      const BlockSpec& spec = model_.session().spec().blocks[place.layer];
      double sum = 0;
      path_gradients(model_.session(), Metric::logit_difference, pair_, PatchDirection::denoise, {},
                     {{SiteKind::pattern, place.layer}},
                     [&](std::size_t, const SequenceTape& tape, const SiteGradients& gradients) {
                       const PatternChange change(spec, place.layer, tape, gradients,
                                                  *source[place.layer]);
                       for (int h = 0; h < site_heads(kind, spec); ++h) {
                         if (place.head >= 0 && h != place.head) continue;
                         sum += kind == SiteKind::q ? change.of_query(h, place.position)
                                                    : change.of_key(h, place.position);
                       }
                     });
      const double expected = through_pattern(kind, place);
      EXPECT_NEAR(sum, expected, 1e-5) << site_kind_name(kind) << " L" << place.layer;
      EXPECT_GT(std::abs(expected), 1e-5) << "the pattern does not change";
    }
  }
}

}  // namespace
}  // namespace headlens
