#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

AmnesicLayer layer_of(int layer, double over_random, double p_holm) {
  AmnesicLayer made{.layer = layer, .site = "blocks.0.hook_resid_pre", .rank = 3};
  made.probe_before = 0.9;
  made.probe_after = 0.31;
  made.erased = {4 + over_random, 0.2, 1};
  made.random = {{3.5, 0.3, 0.1}, {4.5, 0.2, 0.3}};
  made.restored = {4, 0.25, 0.5};
  made.over_random = {over_random, over_random - 0.1, over_random + 0.1, p_holm / 2, p_holm};
  made.over_restored = made.over_random;
  return made;
}

AmnesicResult sample(std::vector<AmnesicLayer> layers) {
  AmnesicResult result;
  result.provenance.precision = "f32";
  result.provenance.seed = 3;
  result.column = "upos";
  result.data = "train.conllu";
  result.method = "leace";
  result.places = "tokens";
  result.predicts = "next token";
  result.pooling = "last";
  result.classes = {"ADJ", "NOUN"};
  result.majority = 0.3;
  result.train_words = result.test_words = result.sentences = result.predicted_tokens = 9;
  result.resamples = 100;
  result.base = {3, 0.4, 0};
  result.layers = std::move(layers);
  return result;
}

std::string conclusion(const AmnesicResult& result) {
  std::string text;
  for (const std::string& sentence : amnesic_conclusion(result)) text += sentence + "\n";
  return text;
}

TEST(AmnesicJson, FollowsItsSchema) {
  AmnesicResult result = sample({layer_of(0, 0.5, 0.01), layer_of(2, -0.2, 0.5)});
  result.layers[1].random.clear();
  const Json json = to_json(result);
  EXPECT_THAT(schema_violations(nlohmann::json(json),
                                std::string(HEADLENS_SCHEMAS) + "/amnesic.schema.json"),
              IsEmpty());
  EXPECT_EQ(json["layers"][0]["random_mean"]["loss_nats"], 4.0);
  EXPECT_EQ(json["layers"][1]["random_mean"]["loss_nats"], nullptr);
  EXPECT_EQ(json["layers"][0]["over_random"]["p_holm"], 0.01);
}

TEST(AmnesicConclusion, NamesWhereItWasUsed) {
  const std::string text =
      conclusion(sample({layer_of(0, 0.5, 0.01), layer_of(2, 0.9, 0.2), layer_of(4, 0.7, 0.02)}));
  EXPECT_THAT(text, AllOf(HasSubstr("at 2 of 3 layers"), HasSubstr("most at layer 4: +0.700"),
                          HasSubstr("label itself is part"), Not(HasSubstr("not complete"))));
}

TEST(AmnesicConclusion, ClaimsNothingWithoutEvidence) {
  const std::string text = conclusion(sample({layer_of(0, 0.5, 0.06), layer_of(2, 0.1, 1)}));
  EXPECT_THAT(text, AllOf(HasSubstr("at no layer"), HasSubstr("up to +0.600"),
                          Not(HasSubstr("the model uses what"))));
}

TEST(AmnesicConclusion, NamesNoRoomForHarmWhereThereIsNone) {
  const std::string text = conclusion(sample({layer_of(5, -0.4, 0.01)}));
  EXPECT_THAT(text, HasSubstr("beyond chance (p_holm <= 0.05).\n"));
}

TEST(AmnesicConclusion, NeedsAControl) {
  AmnesicResult result = sample({layer_of(0, 0.5, 1)});
  result.layers[0].random.clear();
  EXPECT_THAT(conclusion(result), HasSubstr("no random erasers"));
}

TEST(AmnesicConclusion, TellsHarmWithoutTheLabelRandomHarmAndIncompleteErasure) {
  AmnesicResult result = sample({layer_of(0, 0.5, 0.01), layer_of(5, -0.4, 0.01)});
  result.layers[0].over_restored.p_holm = 0.5;
  result.layers[1].over_restored.p_holm = 0.5;
  result.layers[1].probe_after = 0.4;
  EXPECT_THAT(conclusion(result), AllOf(HasSubstr("lowered the loss at no layer"),
                                        HasSubstr("Random directions did more harm at layer 5"),
                                        HasSubstr("still reads more than the largest class at "
                                                  "layer 5")));
}

}  // namespace
}  // namespace headlens
