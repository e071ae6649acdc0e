#include "headlens/probing/head_gap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/learn/standardizer.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

/// Sentences of random words; positive are those with "the", a third of them labelled at random.
ListedCorpus corpus_of(int n) {
  const std::vector<std::string> words{"cat", "dog", "ox", "mats", "a", "sad"};
  std::mt19937 random(4);
  std::vector<LabelledSentence> sentences;
  for (int i = 0; i < n; ++i) {
    const bool has_the = random() % 3 == 0;
    std::string text = has_the ? "the" : words[random() % words.size()];
    for (int w = 0; w < 2; ++w) text += " " + words[random() % words.size()];
    const bool positive = random() % 3 == 0 ? random() % 3 == 0 : has_the;
    sentences.push_back(
        {.line = i + 1, .text = text, .labels = {std::string(positive ? "yes" : "no")}});
  }
  return {{.task = "",
           .data = "x.csv",
           .sha256 = "0",
           .unit = LabelUnit::sentence,
           .columns = {"sarcastic"}},
          std::move(sentences)};
}

class HeadGapTest : public ::testing::Test {
 protected:
  HeadGapTest() {
    write_tiny_model(model_, "gpt2");
    Session session = Session::open(model_.path().string());
    HarvestOptions options;
    for (const int layer : {0, 1, 2}) {
      options.sites.push_back(hidden_state_site(session.spec(), layer));
    }
    ListedCorpus corpus = corpus_of(120);
    std::vector<Harvest> parts;
    parts.push_back(harvested(session, corpus, options, states_.path()));
    data_.emplace(std::move(parts));
  }

  static HeadGapOptions options(std::vector<int> layers = {0, 1}) {
    return {.head_layer = 2,
            .layers = std::move(layers),
            .folds = 4,
            .c_grid = {0.01, 1},
            .resamples = 200,
            .flips = 500};
  }

  TemporaryDirectory model_, states_;
  std::optional<ProbeData> data_;
};

TEST_F(HeadGapTest, CountsAndScoresAgree) {
  const HeadGapResult result = study_head_gap(*data_, options());
  EXPECT_EQ(result.positive, "yes");
  for (const HeadGapCounts& counts : {result.all, result.of_positive}) {
    EXPECT_GT(counts.p, 0);
    EXPECT_LE(counts.p, 1);
  }
  const auto total = [](const HeadGapCounts& c) {
    return c.both + c.only_head + c.only_probe + c.neither;
  };
  EXPECT_EQ(total(result.all), result.rows);
  EXPECT_EQ(total(result.of_positive), result.positives);
  const auto right = [&](std::int64_t n) { return static_cast<double>(n) / 120; };
  EXPECT_DOUBLE_EQ(result.head.accuracy, right(result.all.both + result.all.only_head));
  EXPECT_DOUBLE_EQ(result.probe.accuracy, right(result.all.both + result.all.only_probe));
  EXPECT_DOUBLE_EQ(result.head.recall,
                   static_cast<double>(result.of_positive.both + result.of_positive.only_head) /
                       static_cast<double>(result.positives));
  EXPECT_EQ(std::ssize(result.found), result.of_positive.only_probe);
  EXPECT_LE(result.f1_low, result.f1_difference);
  EXPECT_GE(result.f1_high, result.f1_difference);
  std::int64_t tested = 0;
  for (const HeadGapFold& fold : result.folds) {
    tested += fold.test_rows;
    const auto best = std::ranges::max_element(fold.inner_f1) - fold.inner_f1.begin();
    EXPECT_EQ(fold.probe_layer, result.layers[best]);
  }
  EXPECT_EQ(tested, result.rows);
}

/// Each fold's head is a regression that was fitted here again on that fold's training rows.
TEST_F(HeadGapTest, PredictionsAreOfModelsThatHaveNotSeenTheRow) {
  const HeadGapResult result = study_head_gap(*data_, options());
  const Folds folds = stratified_folds(data_->labels(), 4);
  const Tensor states = data_->states(2);
  std::vector<std::int32_t> predicted(data_->labels().size());
  for (int fold = 0; fold < 4; ++fold) {
    const std::vector<float> weights = folds.training_weights(fold);
    const Standardizer columns = Standardizer::fit(states.view<2>(), weights);
    const LogisticFit fit = fit_logistic(states.view<2>(), {.labels = data_->labels(),
                                                            .row_weights = weights,
                                                            .class_weights = BalancedClasses{},
                                                            .c = result.folds[fold].head_c,
                                                            .penalty_scales = columns.deviation});
    const std::vector<std::int32_t> all = fit.classifier.predict(states.view<2>());
    for (const std::int64_t row : folds.test_rows(fold)) predicted[row] = all[row];
  }
  EXPECT_DOUBLE_EQ(result.head.accuracy, accuracy(data_->labels(), predicted));
}

TEST_F(HeadGapTest, TheSameLayerHasNoGap) {
  const HeadGapResult result = study_head_gap(*data_, options({2}));
  EXPECT_EQ(result.f1_difference, 0);
  EXPECT_EQ(result.f1_p, 1);
  EXPECT_EQ(result.all.only_head + result.all.only_probe, 0);
  EXPECT_EQ(result.all.p, 1);
  EXPECT_TRUE(result.found.empty());
}

TEST_F(HeadGapTest, RefusesWhatMakesNoSense) {
  HeadGapOptions wrong = options();
  wrong.positive = "maybe";
  EXPECT_THAT([&] { study_head_gap(*data_, wrong); }, refuses_with<UsageError>("no class maybe"));
  EXPECT_THAT([&] { study_head_gap(*data_, options({})); }, refuses_with<UsageError>("no layer"));
  wrong = options();
  wrong.c_grid = {};
  EXPECT_THAT([&] { study_head_gap(*data_, wrong); }, refuses_with<UsageError>("no C"));
}

}  // namespace
}  // namespace headlens
