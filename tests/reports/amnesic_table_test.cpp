#include "headlens/reports/amnesic_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/reports/amnesic_picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

AmnesicResult sample() {
  AmnesicResult result;
  result.provenance = sample_provenance();
  result.column = "upos";
  result.data = "train.conllu";
  result.method = "leace";
  result.places = "tokens";
  result.predicts = "next token";
  result.classes = {"ADJ", "NOUN", "VERB"};
  result.majority = 0.25;
  result.train_words = 800;
  result.sentences = 20;
  result.predicted_tokens = 412;
  result.base = {3.25, 0.4, 0};
  for (const int layer : {0, 5}) {
    AmnesicLayer made{.layer = layer, .site = "blocks.0.hook_resid_pre", .rank = 2};
    made.probe_before = 0.875;
    made.probe_after = 0.251;
    made.erased = {4.5 + layer, 0.125, 1.5};
    made.random = {{3.5, 0.375, 0.25}, {3.75, 0.25, 0.75}};
    made.restored = {3.5, 0.25, 0.5};
    made.over_random = {0.875 + layer, 0.5, 6, 0.0001, 0.0002};
    result.layers.push_back(made);
  }
  return result;
}

TEST(AmnesicTable, HasALineALayerAndTheConclusion) {
  const std::string text = amnesic_table(sample(), 100);
  EXPECT_THAT(text, HasSubstr("upos erased by leace at one layer at a time, from every token"));
  EXPECT_THAT(text, HasSubstr("fitted on 800 rows of 3 classes; measured on 412 predicted tokens"));
  EXPECT_THAT(text, HasSubstr("unedited: next-token loss 3.250 nats, top-1 0.400"));
  EXPECT_THAT(text, HasSubstr("0.875  0.251  9.500   3.625     3.500       +5.875  <0.001"));
  EXPECT_THAT(text, HasSubstr("most at layer 5"));
  std::size_t widest = 0;
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    widest = std::max(widest, end - at);
  }
  EXPECT_LE(widest, 100u);
}

TEST(AmnesicTable, Csv) {
  const std::string csv = amnesic_csv(sample());
  EXPECT_THAT(csv, HasSubstr("layer,site,rank,probe_before,"));
  EXPECT_THAT(csv, HasSubstr("erased_loss_nats,erased_accuracy,erased_kl_nats,random_loss_nats"));
  EXPECT_THAT(csv, HasSubstr(",over_restored_p_holm\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n5,blocks.0.hook_resid_pre,2,0.875,0.251,0,0,0,9.5,0.125,1.5,"
                             "3.625,0.3125,0.5,3.5,0.25,0.5,"));
}

TEST(AmnesicTable, PictureHasACurveForEachCondition) {
  const CurvePicture picture = picture_of(sample());
  ASSERT_EQ(picture.series.size(), 3u);
  EXPECT_THAT(picture.series[0].x, ElementsAre(0, 5));
  EXPECT_THAT(picture.series[0].y, ElementsAre(4.5, 9.5));
  EXPECT_THAT(picture.series[1].y, ElementsAre(3.625, 3.625));
  EXPECT_THAT(picture.series[1].low, ElementsAre(3.5, 3.5));
  EXPECT_THAT(picture.series[2].y, ElementsAre(3.5, 3.5));
  EXPECT_EQ(picture.levels.front().y, 3.25);
  AmnesicResult no_random = sample();
  for (AmnesicLayer& layer : no_random.layers) layer.random.clear();
  EXPECT_EQ(picture_of(no_random).series.size(), 2u);
}

}  // namespace
}  // namespace headlens
