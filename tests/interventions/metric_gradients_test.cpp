#include "headlens/interventions/metric_gradients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "headlens/interventions/readout.h"
#include "headlens/interventions/record.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

constexpr std::int32_t kAnswer = 3, kFoil = 11;

std::vector<std::string> token_models() {
  std::vector<std::string> names;
  for (const std::string& name : ParityModel::names()) {
    if (ParityModel(name).session().spec().predicts_tokens()) names.push_back(name);
  }
  return names;
}

Question question_for(Metric metric, std::int64_t length) {
  const bool several = metric != Metric::logit && metric != Metric::logit_difference;
  Question question{.positions = {length - 2}, .answer = {kAnswer}};
  if (several) {
    question.positions.push_back(length - 1);
    question.answer.push_back(kFoil);
  }
  if (metric == Metric::logit_difference) question.foil = {kFoil};
  return question;
}

/// The log probability of a token in float64.
double log_probability(const float* logits, std::int64_t n, std::int32_t token) {
  const double most = *std::max_element(logits, logits + n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(logits[i] - most);
  return logits[token] - most - std::log(sum);
}

/// The metric from logits alone, written down once more.
double metric_of(Metric metric, const Question& question, const Tensor& logits) {
  const std::int64_t n = logits.shape().back();
  double log_total = 0, divergence = 0;
  for (std::size_t i = 0; i < question.positions.size(); ++i) {
    const float* row = logits.data() + question.positions[i] * n;
    if (metric == Metric::logit) return row[kAnswer];
    if (metric == Metric::logit_difference) return static_cast<double>(row[kAnswer]) - row[kFoil];
    log_total += log_probability(row, n, question.answer[i]);
    if (metric != Metric::kl && metric != Metric::js) continue;
    for (std::int32_t token = 0; token < n; ++token) {
      const double log_q = log_probability(row, n, token), q = std::exp(log_q);
      const double log_p = question.base_log_probabilities.data()[i * n + token];
      const double p = std::exp(log_p), log_m = std::log((p + q) / 2);
      divergence += metric == Metric::kl ? p * (log_p - log_q)
                                         : 0.5 * p * (log_p - log_m) + 0.5 * q * (log_q - log_m);
    }
  }
  const auto n_positions = static_cast<double>(question.positions.size());
  if (metric == Metric::probability) return std::exp(log_total);
  if (metric == Metric::loss) return -log_total / n_positions;
  if (metric == Metric::log_probability) return log_total;
  return divergence / n_positions;
}

class Gradients : public testing::TestWithParam<std::string> {
 protected:
  Gradients() : model_(GetParam()) {}

  Session& session() { return model_.session(); }

  /// The metric when one number of a site is moved.
  double moved(Metric metric, const Question& question, const HookSet& edits, Site site,
               std::int64_t at, float by) {
    HookSet hooks = edits;
    hooks.edit(site, [=](Tensor& value) { value.data()[at] += by; });
    const RunOutput run = session().run_with_hooks({model_.sequence(1)}, hooks);
    return metric_of(metric, question, run.logits);
  }

  /// Indices of the largest gradients, and of some others.
  std::vector<std::int64_t> chosen(const Tensor& gradient) {
    std::vector<std::int64_t> order(gradient.element_count());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, std::greater(),
                      [&](std::int64_t i) { return std::abs(gradient.data()[i]); });
    std::vector<std::int64_t> some(order.begin(), order.begin() + 3);
    for (int i = 0; i < 3; ++i) some.push_back(order[random_() % order.size()]);
    return some;
  }

  void expect_slopes(Metric metric, const Question& question, const HookSet& edits, Site site,
                     const Tensor& gradient) {
    float largest = 0;
    for (const float g : gradient.values()) largest = std::max(largest, std::abs(g));
    // What is divided by a small scale bends away soon.
    const bool divides = site.kind == SiteKind::ln1_scale || site.kind == SiteKind::ln2_scale ||
                         site.kind == SiteKind::ln_final_scale;
    const float step = divides ? 0.003f : 0.01f;
    for (const std::int64_t at : chosen(gradient)) {
      const double slope = (moved(metric, question, edits, site, at, step) -
                            moved(metric, question, edits, site, at, -step)) /
                           (2.0 * step);
      EXPECT_NEAR(gradient.data()[at], slope, 0.01 * largest + 3e-4)
          << to_string(site) << " element " << at << ", " << to_string(metric);
    }
  }

  ParityModel model_;
  std::mt19937 random_{5};
};

TEST_P(Gradients, AreTheSlopesAtEverySite) {
  const std::vector<Site> all = session().sites();
  const std::set<Site> wanted(all.begin(), all.end());
  const TokenSequence tokens = model_.sequence(1);
  const Question question =
      question_for(Metric::logit_difference, static_cast<std::int64_t>(tokens.ids.size()));
  const auto results =
      metric_gradients(session(), Metric::logit_difference, {tokens}, {&question}, wanted);
  EXPECT_NEAR(results[0].value,
              metric_of(Metric::logit_difference, question, session().run({tokens}).logits), 1e-5);
  for (const Site site : all) {
    // A score of minus infinity cannot be moved.
    if (site.kind == SiteKind::attn_scores && session().spec().block().causal) continue;
    expect_slopes(Metric::logit_difference, question, {}, site, results[0].gradients.at(site));
  }
}

TEST_P(Gradients, AreTheSlopesOfEveryMetric) {
  const TokenSequence tokens = model_.sequence(1);
  const auto length = static_cast<std::int64_t>(tokens.ids.size());
  const auto bases = record_base_runs(session(), {tokens});
  // Divergences have no slope at their own base run, so that all are taken at another one.
  HookSet edits;
  edits.edit({SiteKind::resid_pre, 0}, [](Tensor& value) {
    for (std::int64_t i = 0; i < value.element_count(); ++i) {
      value.data()[i] += 0.3f * static_cast<float>(std::sin(static_cast<double>(i)));
    }
  });
  const Site site{SiteKind::resid_pre, session().spec().n_layers() - 1};
  for (const std::string_view name : metric_names()) {
    const Metric metric = parse_metric(name);
    Question question = question_for(metric, length);
    if (metric == Metric::rank || metric == Metric::accuracy) {
      question = question_for(Metric::logit, length);
      EXPECT_THROW(metric_gradients(session(), metric, {tokens}, {&question}, {site}), UsageError);
      continue;
    }
    Readout(session().model(), metric).prepare(question, *bases[0]);
    const auto results = metric_gradients(session(), metric, {tokens}, {&question}, {site}, edits);
    EXPECT_NEAR(results[0].value,
                metric_of(metric, question, session().run_with_hooks({tokens}, edits).logits), 1e-5)
        << name;
    expect_slopes(metric, question, edits, site, results[0].gradients.at(site));
  }
}

/// Several sequences of a batch, each as if it were alone.
TEST_P(Gradients, DoNotDependOnTheBatch) {
  const Site site{SiteKind::resid_pre, 0};
  const std::vector<TokenSequence> tokens{model_.sequence(0), model_.sequence(1)};
  std::vector<Question> questions;
  for (const TokenSequence& one : tokens) {
    questions.push_back(
        question_for(Metric::logit_difference, static_cast<std::int64_t>(one.ids.size())));
  }
  const auto both = metric_gradients(session(), Metric::logit_difference, tokens,
                                     {&questions[0], &questions[1]}, {site});
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    const auto alone =
        metric_gradients(session(), Metric::logit_difference, {tokens[s]}, {&questions[s]}, {site});
    EXPECT_LE(largest_difference(both[s].gradients.at(site).values(),
                                 alone[0].gradients.at(site).values()),
              1e-6);
  }
}

/// tools/make_gradient_goldens.py: PyTorch's gradients of logit kAnswer - logit kFoil after the
/// last token of the first sequence.
TEST_P(Gradients, EqualPyTorchs) {
  const std::filesystem::path path = std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" /
                                     "gradients" / (GetParam() + ".safetensors");
  if (GetParam().starts_with("gguf")) GTEST_SKIP() << "the same family from another file format";
  const Checkpoint golden = read_safetensors(path);
  const TokenSequence tokens = model_.sequence(0);
  const Question question{{static_cast<std::int64_t>(tokens.ids.size()) - 1}, {kAnswer}, {kFoil}};
  std::set<Site> wanted;
  for (int layer = 0; layer < session().spec().n_layers(); ++layer) {
    wanted.insert({{SiteKind::resid_pre, layer}, {SiteKind::pattern, layer}});
  }
  const auto results =
      metric_gradients(session(), Metric::logit_difference, {tokens}, {&question}, wanted);
  for (int layer = 0; layer < session().spec().n_layers(); ++layer) {
    const auto compare = [&](SiteKind kind, const std::string& name) {
      const StoredTensor* stored = golden.find(name + "." + std::to_string(layer));
      ASSERT_NE(stored, nullptr) << name;
      const Tensor expected = ParityModel::decode(*stored);
      const auto ours = results[0].gradients.at({kind, layer}).values();
      float largest = 1, difference = 0;
      for (std::size_t i = 0; i < ours.size(); ++i) {
        largest = std::max(largest, std::abs(expected.data()[i]));
        difference = std::max(difference, std::abs(ours[i] - expected.data()[i]));
      }
      EXPECT_LE(difference, 5e-6 * largest) << name << " " << layer;
    };
    compare(SiteKind::resid_pre, "hidden_states");
    compare(SiteKind::pattern, "attentions");
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Gradients, testing::ValuesIn(token_models()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
