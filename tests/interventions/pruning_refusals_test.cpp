#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/interventions/pruning.h"
#include "tests/interventions/pruning_test_support.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(PruningCounts, AreEvenAndHaveBothEnds) {
  EXPECT_THAT(pruning_counts(4, {}), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(pruning_counts(10, 3), ElementsAre(0, 3, 7, 10));
  EXPECT_THAT(pruning_counts(3, 100), ElementsAre(0, 1, 2, 3));
  const std::vector<int> many = pruning_counts(270, {});
  EXPECT_EQ(many.size(), 65U);
  EXPECT_EQ(many.front(), 0);
  EXPECT_EQ(many.back(), 270);
  for (std::size_t i = 1; i < many.size(); ++i) {
    EXPECT_TRUE(many[i] - many[i - 1] == 4 || many[i] - many[i - 1] == 5);
  }
  EXPECT_THROW(pruning_counts(4, 0), UsageError);
}

TEST(PruningRefusals, NameWhatIsWrong) {
  ParityModel model("gpt2");
  const auto with = [&](TokenSequence sequence) {
    return [&model, sequence] { prune(model.session(), {text_of(sequence, 7)}, {}); };
  };
  TokenSequence longer;
  longer.ids.assign(model.session().spec().n_context + 1, 1);
  EXPECT_THAT(with({.ids = {3}}), ThrowsMessage<UsageError>(HasSubstr("line 7")));
  EXPECT_THAT(with(longer), ThrowsMessage<UsageError>(HasSubstr("line 7: the text has")));
  EXPECT_THROW(prune(model.session(), {}, {}), UsageError);
  EXPECT_THROW(prune(model.session(), {text_of(model.sequence(0))}, {.steps = 0}), UsageError);
  EXPECT_THROW(
      prune(model.session(), {text_of(model.sequence(0))}, {.replacement = Replacement::mean}),
      UsageError);
}

TEST(PruningRefusals, ModelsThatPredictNoNextToken) {
  for (const char* name : {"bert_masked_lm", "bert", "bert_classification"}) {
    ParityModel model(name);
    EXPECT_THROW(prune(model.session(), {text_of(model.sequence(0))}, {}), UnsupportedError);
  }
}

}  // namespace
}  // namespace headlens
