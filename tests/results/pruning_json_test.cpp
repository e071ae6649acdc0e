#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"

namespace headlens {
namespace {

using testing::IsEmpty;

PruningResult sample() {
  PruningResult result;
  result.provenance.precision = "f32";
  result.kind = "zero";
  result.products = "exact";
  result.importance = {{{"layer", {0, 1}}, {"head", {0}}}, {0.25, std::nan("")}};
  result.base_loss_nats = 3;
  result.counts = {0, 2};
  PrunedText& text = result.texts.emplace_back();
  text.line = 2;
  text.prompt.text = "a b";
  text.prompt.tokens.resize(2);
  text.prompt.tokens[1].id = 6;
  text.prompt.bos = "none";
  text.predicted_tokens = 1;
  result.least_first = {{{0, 0}, {1, 0}}, {3, 4}};
  result.most_first = {{{1, 0}, {0, 0}}, {3, INFINITY}};
  return result;
}

std::vector<std::string> violations(const Json& document) {
  return schema_violations(nlohmann::json(document),
                           std::string(HEADLENS_SCHEMAS) + "/pruning.schema.json");
}

TEST(PruningJson, HoldsOrdersLossesAndTexts) {
  PruningResult result = sample();
  result.random = {{result.most_first.order, {3, 5}}, {result.least_first.order, {3, 6}}};
  const Json json = to_json(result);
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["most_first"]["order"], Json({"L1H0", "L0H0"}));
  EXPECT_EQ(json["importance"], Json::parse("[[0.25], [null]]"));
  EXPECT_EQ(json["most_first"]["loss_nats"][1], nullptr);
  EXPECT_EQ(json["random_mean_nats"], Json({3.0, 5.5}));
  EXPECT_EQ(json["texts"][0]["token_ids"], Json({0, 6}));
  EXPECT_EQ(json["curve_texts"], Json::array({0}));
}

TEST(PruningJson, MayHaveNoRandomOrder) {
  const Json json = to_json(sample());
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["random"], Json::array());
}

TEST(PruningJson, RefusesCurvesThatDisagree) {
  PruningResult result = sample();
  result.least_first.order.pop_back();
  EXPECT_THROW(to_json(result), ShapeError);
}

TEST(PruningResult, CountsHeadsBeforeTheLossRises) {
  PruningResult result;
  result.base_loss_nats = 3;
  result.counts = {0, 4, 8, 12};
  EXPECT_EQ(heads_before_rise(result, {3, 3.09, 3.2, 3.0}, 0.1), 4) << "it rose before it fell";
  EXPECT_EQ(heads_before_rise(result, {3, 2.5, 2, 1}, 0.1), 12);
  EXPECT_EQ(heads_before_rise(result, {3, std::nan(""), 3, 3}, 0.1), 0);
}

}  // namespace
}  // namespace headlens
