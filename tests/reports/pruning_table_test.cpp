#include "headlens/reports/pruning_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/reports/pruning_picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Two layers of two heads; L1H0 matters most.
PruningResult sample() {
  PruningResult result;
  result.provenance = sample_provenance();
  result.texts_file = "texts.txt";
  result.kind = "zero";
  result.products = "exact";
  result.held_out = true;
  result.importance_base_nats = 3;
  result.importance = {{{"layer", {0, 1}}, {"head", {0, 1}}}, {0.2, -0.1, 1, 0.05}};
  result.base_loss_nats = 3.5;
  result.counts = {0, 1, 2, 3, 4};
  const PrunedText text{.line = 1,
                        .prompt = prompt_of_tokens({"a", "b", "c"}),
                        .predicted_tokens = 2,
                        .for_curve = false};
  result.texts = {text, text};
  result.texts[1].for_importance = false;
  result.texts[1].for_curve = true;
  result.least_first = {{{0, 1}, {1, 1}, {0, 0}, {1, 0}}, {3.5, 3.45, 3.6, 3.75, 5}};
  result.most_first = {{{1, 0}, {0, 0}, {1, 1}, {0, 1}}, {3.5, 4.5, 4.75, 4.875, 5}};
  result.random = {{result.least_first.order, {3.5, 3, 4, 4, 5}},
                   {result.most_first.order, {3.5, 4, 5, 4.5, 5}}};
  return result;
}

TEST(PruningTable, TellsTheCurvesAndTheHeads) {
  const std::string text = pruning_table(sample(), 100);
  EXPECT_THAT(text, HasSubstr("loss of the whole model: 3.5000 nats per token"));
  EXPECT_THAT(text,
              HasSubstr("ranked on 1 text (2 predicted tokens),\nmeasured on 1 text held out"));
  EXPECT_THAT(text, HasSubstr("least important first 2, most important first 0, random 1\n"));
  EXPECT_LT(text.find("L1H0"), text.find("L0H0"));
  EXPECT_LT(text.find("L0H0"), text.find("L1H1"));
  EXPECT_THAT(text, HasSubstr("4.0000  +1.0000")) << "3 + 1, on the texts of the ranking";
  PruningResult same = sample();
  same.held_out = false;
  same.random.clear();
  EXPECT_THAT(pruning_table(same, 100), HasSubstr("on the same text (2 predicted tokens),\n"));
  EXPECT_THAT(pruning_table(same, 100), Not(HasSubstr("random")));
}

TEST(PruningTable, ADozenCountsOfManyWithBothEnds) {
  PruningResult result = sample();
  result.counts.clear();
  for (PruningCurve* curve : {&result.least_first, &result.most_first}) curve->loss_nats.clear();
  for (int count = 0; count <= 64; ++count) {
    result.counts.push_back(count);
    for (PruningCurve* curve : {&result.least_first, &result.most_first}) {
      curve->loss_nats.push_back(100 + count);
    }
  }
  result.random.clear();
  const std::string text = pruning_table(result, 100);
  int rows = 0;
  for (std::size_t at = 0; (at = text.find("  1", at)) != std::string::npos; ++at) ++rows;
  EXPECT_THAT(text, HasSubstr("100.0000"));
  EXPECT_THAT(text, HasSubstr("164.0000"));
  EXPECT_GE(rows, 12);
}

TEST(PruningTable, MeansAndBandsOfRandomOrders) {
  const RandomLoss loss = random_loss(sample(), 2);
  EXPECT_EQ(loss.mean, 4.5);
  EXPECT_EQ(loss.low, 4);
  EXPECT_EQ(loss.high, 5);
}

TEST(PruningTable, Csv) {
  const std::string csv = pruning_csv(sample());
  EXPECT_THAT(csv, HasSubstr("removed,least_first,most_first,random_mean,random_low,random_high,"
                             "random_1,random_2\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n2,3.6,4.75,4.5,4,5,4,5\r\n"));
}

TEST(PruningTable, PictureHasACurveForEachOrder) {
  const CurvePicture picture = picture_of(sample());
  ASSERT_EQ(picture.series.size(), 3U);
  EXPECT_EQ(picture.series[0].y, sample().least_first.loss_nats);
  EXPECT_EQ(picture.series[1].y, sample().most_first.loss_nats);
  EXPECT_THAT(picture.series[2].low, ElementsAre(3.5, 3, 4, 4, 5));
  EXPECT_EQ(picture.levels.front().y, 3.5);
  EXPECT_EQ(picture.x_name, "Heads removed, of 4");
}

TEST(PruningTable, RefusesCurvesThatDisagree) {
  PruningResult result = sample();
  result.most_first.loss_nats.pop_back();
  EXPECT_THROW(pruning_table(result, 80), ShapeError);
  EXPECT_THROW(pruning_csv(result), ShapeError);
  EXPECT_THROW(picture_of(result), ShapeError);
  result = sample();
  result.importance.values.pop_back();
  EXPECT_THROW(pruning_table(result, 80), ShapeError);
}

}  // namespace
}  // namespace headlens
