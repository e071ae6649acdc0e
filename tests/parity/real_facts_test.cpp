#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "headlens/run/prompt.h"
#include "headlens/run/provenance.h"
#include "tests/parity/real_models.h"

namespace headlens {
namespace {

class SmolLm2 : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = reason_to_skip(kSmolLm2); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    session_ = &real_session(kSmolLm2);
  }

  Session* session_ = nullptr;
};

double probability(std::span<const float> logits, std::int64_t id) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - logits[id]);
  return 1 / sum;
}

TEST_F(SmolLm2, KnowsTheCapitalOfFrance) {
  const TokenSequence sequence = make_prompt(*session_, "The capital of France is").sequence;
  ASSERT_THAT(sequence.ids, testing::ElementsAre(504, 3575, 282, 4649, 314));
  const Tensor logits = session_->run({sequence}, {.logits = Logits::last}).logits;
  ASSERT_EQ(logits.shape(), (Shape{1, session_->spec().vocab_size}));
  std::vector<std::int32_t> ids(logits.element_count());
  std::iota(ids.begin(), ids.end(), 0);
  std::ranges::partial_sort(ids, ids.begin() + 3, std::greater{},
                            [&](std::int32_t id) { return logits.data()[id]; });
  const std::vector<std::pair<std::string, double>> expected{
      {" Paris", 0.773}, {" the", 0.065}, {" London", 0.012}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(session_->tokenizer().decode_token(ids[i]), expected[i].first);
    EXPECT_NEAR(probability(logits.values(), ids[i]), expected[i].second, 0.0005);
  }
}

TEST_F(SmolLm2, AttendsFromThePronounToTheCat) {
  const Prompt prompt = make_prompt(*session_, "The cat sat on the mat because it was comfortable");
  const auto position = [&](std::string_view text) {
    return std::ranges::find(prompt.tokens.tokens, text, &TokenInfo::text) -
           prompt.tokens.tokens.begin();
  };
  const std::int64_t it = position(" it"), cat = position(" cat");
  ASSERT_EQ(it, 7);
  ASSERT_EQ(cat, 1);
  const RunOutput run = session_->run_with_cache({prompt.sequence}, pattern_sites(*session_),
                                                 {.logits = Logits::none});
  int heads_beyond = 0;
  for (const Site site : pattern_sites(*session_)) {
    const auto pattern_BHQK = run.cache.at(site).view<4>();
    for (int head = 0; head < run.cache.at(site).size(1); ++head) {
      heads_beyond += pattern_BHQK(0, head, it, cat) > 0.1f ? 1 : 0;
    }
  }
  EXPECT_EQ(heads_beyond, 36);
  const auto layer13 = run.cache.at({SiteKind::pattern, 13}).view<4>();
  EXPECT_NEAR(layer13(0, 8, it, cat), 0.804, 0.0005);
}

TEST_F(SmolLm2, Bfloat16PredictsTheSameTokensWithinItsDeviation) {
  const RealGolden golden(kSmolLm2);
  Session rounded = Session::open(kSmolLm2, {.precision = Precision::bf16});
  for (int prompt = 0; prompt < kRealPrompts; ++prompt) {
    SCOPED_TRACE(golden.text(prompt));
    const TokenSequence sequence = make_prompt(rounded, golden.text(prompt)).sequence;
    const Tensor logits = rounded.run({sequence}, {.logits = Logits::last}).logits;
    const auto top_ids = golden.integers(prompt, "logits.top_ids");
    const std::int64_t k = golden.numbers(prompt, "logits.top_values").size(1);
    EXPECT_EQ(std::ranges::max_element(logits.values()) - logits.values().begin(),
              top_ids[top_ids.size() - k]);
    const PrecisionDeviation deviation = measure_deviation(rounded, sequence);
    RecordProperty("deviation_" + std::to_string(prompt), std::to_string(deviation.max_abs_logit));
    EXPECT_GT(deviation.max_abs_logit, 0) << "the session did not run in bf16";
    EXPECT_LT(deviation.max_abs_logit, 0.3);
  }
}

}  // namespace
}  // namespace headlens
