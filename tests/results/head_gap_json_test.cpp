#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

HeadGapResult sample() {
  HeadGapResult result;
  result.provenance.precision = "f32";
  result.column = "sarcastic";
  result.pooling = "mean";
  result.positive = "1";
  result.rows = 100;
  result.positives = 25;
  result.head_layer = 6;
  result.layers = {0, 3};
  result.c_grid = {0.1};
  result.by_layer.resize(2);
  result.folds = {{50, 3, 0.1, 0.1, {0.4, 0.5}}, {50, 0, 0.1, 0.1, {0.5, 0.4}}};
  result.f1_difference = 0.03;
  result.f1_low = -0.01;
  result.f1_high = 0.07;
  result.f1_p = 0.2;
  result.of_positive = {10, 4, 6, 5, 0.7};
  result.found = {{7, "oh great", 3, 0.25, 0.75}};
  return result;
}

std::string conclusion(const HeadGapResult& result) {
  std::string text;
  for (const std::string& sentence : head_gap_conclusion(result)) text += sentence + "\n";
  return text;
}

TEST(HeadGapJson, FollowsItsSchema) {
  const Json json = to_json(sample());
  EXPECT_THAT(schema_violations(nlohmann::json(json),
                                std::string(HEADLENS_SCHEMAS) + "/head_gap.schema.json"),
              IsEmpty());
  EXPECT_EQ(json["found"][0]["text"], "oh great");
  EXPECT_EQ(json["folds"][0]["probe_layer"], 3);
}

TEST(HeadGapConclusion, SaysNoMoreThanTheTests) {
  HeadGapResult result = sample();
  EXPECT_THAT(conclusion(result), HasSubstr("misses 11 of 25 (44%) examples of 1; of these the "
                                            "earlier layer's probe finds 6"));
  EXPECT_THAT(conclusion(result), HasSubstr("no more than chance"));
  result.f1_p = 0.01;
  EXPECT_THAT(conclusion(result), HasSubstr("more than chance: the earlier layer tells"));
  result.f1_difference = -0.03;
  EXPECT_THAT(conclusion(result), HasSubstr("the head on the last layer is the better"));
}

}  // namespace
}  // namespace headlens
