#include "headlens/probing/probe_apply.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/hub/model_hash.h"
#include "headlens/probing/word_spans.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> forms(const std::string& text) {
  std::vector<std::string> result;
  for (const CharSpan span : simple_words(text)) result.emplace_back(slice(text, span));
  return result;
}

TEST(SimpleWords, PunctuationStandsAlone) {
  EXPECT_THAT(forms("The cat's (big) hat.  \"No!\" ... x"),
              ElementsAre("The", "cat's", "(", "big", ")", "hat", ".", "\"", "No", "!", "\"", ".",
                          ".", ".", "x"));
  EXPECT_THAT(forms("caf\u00e9, na\u00efve"), ElementsAre("caf\u00e9", ",", "na\u00efve"));
}

class ProbeApply : public ::testing::Test {
 protected:
  ProbeApply() {
    write_tiny_model(model_, "gpt2");
    session_.emplace(Session::open(model_.path().string()));
    ListedCorpus corpus = length_corpus({"the cat", "a dog", "mats"});
    Harvest harvest = harvested(*session_, corpus, {.sites = {site_}}, states_.path());
    const Tensor states = harvest.read_states(site_);
    // The first class where the first number of a state is above the mean of all.
    TrainedProbe& probe = saved_.probe;
    probe.kind = "logistic";
    probe.classes = {"low", "high"};
    probe.weight = Tensor::zeros({2, states.size(1)});
    probe.bias = Tensor::zeros({2});
    probe.weight.data()[states.size(1)] = 1;
    saved_.origin = {.column = "length",
                     .site = to_string(site_),
                     .hidden_state = 1,
                     .unit = "word",
                     .pooling = "last",
                     .model_name = "tiny",
                     .model_sha256 = model_sha256(session_->identity())};
    first_ = states.data()[0];
    second_ = states.data()[states.size(1)];
  }

  TemporaryDirectory model_, states_;
  std::optional<Session> session_;
  const Site site_{SiteKind::resid_pre, 1};
  SavedProbe saved_;
  float first_ = 0, second_ = 0;
};

TEST_F(ProbeApply, GivesTheStatesThatAHarvestHas) {
  const ProbeLabels result = apply_probe(*session_, saved_, "the cat");
  ASSERT_EQ(result.labels.size(), 2U);
  EXPECT_EQ(result.labels[0].form, "the");
  EXPECT_EQ(result.labels[1].char_begin, 4);
  EXPECT_EQ(result.labels[0].label, first_ > 0 ? "high" : "low");
  EXPECT_NEAR(result.labels[0].probabilities[1], 1 / (1 + std::exp(-first_)), 1e-6);
  EXPECT_NEAR(result.labels[1].probabilities[1], 1 / (1 + std::exp(-second_)), 1e-6);
  const ProbeLabels tokens = apply_probe(*session_, saved_, "the cat", HarvestUnit::token);
  EXPECT_GT(tokens.labels.size(), 2U);
}

TEST_F(ProbeApply, Refusals) {
  EXPECT_THAT([&] { apply_probe(*session_, saved_, "  "); }, refuses_with<UsageError>("no text"));
  EXPECT_THAT([&] { apply_probe(*session_, saved_, "a", HarvestUnit::sentence); },
              refuses_with<UsageError>("trained on words"));
  saved_.origin.model_sha256 = "1";
  EXPECT_THAT([&] { apply_probe(*session_, saved_, "a"); },
              refuses_with<FormatError>("is another"));
}

}  // namespace
}  // namespace headlens
