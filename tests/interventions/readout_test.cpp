#include "headlens/interventions/readout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/interventions/sweep.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using Distribution = std::vector<double>;

/// Of one position, in double precision from a run's logits.
Distribution distribution(const Tensor& logits, std::int64_t position) {
  const std::int64_t n = logits.shape().back();
  const float* row = logits.data() + position * n;
  const double most = *std::max_element(row, row + n);
  Distribution p(row, row + n);
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - most);
  for (double& value : p) value /= sum;
  return p;
}

double kl(const Distribution& p, const Distribution& q) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] > 0 ? p[i] * std::log(p[i] / q[i]) : 0;
  return sum;
}

/// A base run, the same with one head silenced, and what both predict.
class Readouts : public testing::TestWithParam<std::string> {
 protected:
  Readouts() : model_(GetParam()), tokens_(model_.sequence(0)) {
    HookSet hooks;
    hooks.edit(silenced_, [](Tensor& z) {
      const std::int64_t heads = z.size(2), width = z.size(3);
      for (std::int64_t p = 0; p < z.size(1); ++p) {
        std::fill_n(z.data() + p * heads * width, width, 0.0f);
      }
    });
    base_logits_ = model_.session().run({tokens_}).logits;
    logits_ = model_.session().run_with_hooks({tokens_}, hooks).logits;
  }

  /// The metric of the silenced run, by a sweep.
  double read(Metric metric, Question question) {
    Sweep sweep(model_.session(), metric);
    const auto bases = sweep.record({tokens_});
    sweep.readout().prepare(question, *bases[0]);
    const Variant variant{bases[0].get(), &question, {{.site = silenced_, .head = 0}}};
    return sweep.run({&variant, 1})[0];
  }

  Distribution base(std::int64_t p) const { return distribution(base_logits_, p); }
  Distribution here(std::int64_t p) const { return distribution(logits_, p); }

  const Site silenced_{SiteKind::z, 0};
  ParityModel model_;
  TokenSequence tokens_;
  Tensor base_logits_, logits_;
};

TEST_P(Readouts, OfAnswersOfSeveralTokens) {
  const auto question = [] { return Question{{2, 3, 5}, {4, 9, 1}}; };
  const double expected = here(2)[4] * here(3)[9] * here(5)[1];
  EXPECT_NEAR(read(Metric::probability, question()), expected, 1e-5 * expected);
  EXPECT_NEAR(read(Metric::log_probability, question()), std::log(expected), 1e-5);
  EXPECT_NEAR(read(Metric::loss, question()), -std::log(expected) / 3, 1e-5);
}

TEST_P(Readouts, OfOneToken) {
  const std::int64_t n = logits_.shape().back();
  const float* row = logits_.data() + 4 * n;
  EXPECT_NEAR(read(Metric::logit, {{4}, {6}}), row[6], 1e-5 * std::max(1.0f, std::abs(row[6])));
  int rank = 1;
  for (std::int64_t i = 0; i < n; ++i) rank += row[i] > row[6] ? 1 : 0;
  EXPECT_EQ(read(Metric::rank, {{4}, {6}}), rank);
}

TEST_P(Readouts, OfTheShareThatIsMostProbable) {
  const auto best = [&](std::int64_t p) {
    const Distribution at = here(p);
    return static_cast<std::int32_t>(std::ranges::max_element(at) - at.begin());
  };
  const std::int32_t wrong = best(5) == 0 ? 1 : 0;
  EXPECT_DOUBLE_EQ(read(Metric::accuracy, {{2, 3, 5}, {best(2), best(3), wrong}}), 2.0 / 3);
}

/// Several metrics of the same runs, and of a variant that is its base run, are those of each.
TEST_P(Readouts, SeveralAtOnce) {
  const std::vector<Metric> metrics{Metric::loss, Metric::kl, Metric::accuracy, Metric::js};
  Question question{{2, 6}, {4, 9}};
  Sweep sweep(model_.session(), metrics);
  const auto bases = sweep.record({tokens_});
  sweep.readout().prepare(question, *bases[0]);
  const std::vector<Variant> variants{{bases[0].get(), &question, {{.site = silenced_, .head = 0}}},
                                      {bases[0].get(), &question}};
  const std::vector<double> values = sweep.run(variants);
  ASSERT_EQ(values.size(), 8u);
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    EXPECT_EQ(values[m], read(metrics[m], {{2, 6}, {4, 9}})) << to_string(metrics[m]);
  }
  const std::vector<double> base = sweep.readout().read_base_all(question, *bases[0]);
  EXPECT_EQ(std::vector(values.begin() + 4, values.end()), base);
  EXPECT_NEAR(base[1], 0, 1e-6);
}

TEST_P(Readouts, OfDivergencesToTheBaseRun) {
  double expected_kl = 0, expected_js = 0;
  for (const std::int64_t position : {1, 6}) {
    const Distribution p = base(position), q = here(position);
    Distribution middle = p;
    for (std::size_t i = 0; i < middle.size(); ++i) middle[i] = (p[i] + q[i]) / 2;
    expected_kl += kl(p, q) / 2;
    expected_js += (kl(p, middle) + kl(q, middle)) / 4;
  }
  EXPECT_NEAR(read(Metric::kl, {{1, 6}, {}}), expected_kl, 1e-6 + 1e-3 * expected_kl);
  EXPECT_NEAR(read(Metric::js, {{1, 6}, {}}), expected_js, 1e-6 + 1e-3 * expected_js);
  EXPECT_GT(expected_kl, 1e-5) << "the silenced head changes nothing";
}

INSTANTIATE_TEST_SUITE_P(Models, Readouts,
                         testing::Values("gpt2", "gpt_neox_parallel", "llama", "bert_masked_lm"),
                         [](const auto& test) { return test.param; });

TEST(Readout, RefusesWhatCannotBeRead) {
  ParityModel model("gpt2");
  const ModelSpec& spec = model.session().spec();
  const std::int32_t outside = static_cast<std::int32_t>(spec.vocab_size);
  EXPECT_THROW(check_question({{}, {}}, Metric::kl, spec, 5), UsageError);
  EXPECT_THROW(check_question({{5}, {1}}, Metric::logit, spec, 5), UsageError);
  EXPECT_THROW(check_question({{2}, {}}, Metric::logit, spec, 5), UsageError);
  EXPECT_THROW(check_question({{2}, {outside}}, Metric::logit, spec, 5), UsageError);
  EXPECT_THROW(check_question({{2}, {1}}, Metric::logit_difference, spec, 5), UsageError);
  EXPECT_THROW(check_question({{2, 3}, {1, 2}}, Metric::rank, spec, 5), UsageError);
  EXPECT_THROW(parse_metric("surprise"), UsageError);
  for (const std::string_view name : metric_names()) EXPECT_EQ(to_string(parse_metric(name)), name);
}

}  // namespace
}  // namespace headlens
