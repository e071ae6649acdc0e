#include "headlens/reports/effect_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "headlens/base/errors.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_table.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Two layers, two heads, two queries and two keys; clean 2, corrupt 0.
PatchResult pairs_of_positions() {
  PatchResult result;
  for (const char* text : {"a", "b"}) result.clean.tokens.push_back({.piece = text, .text = text});
  result.corrupt = result.clean;
  result.question.metric = "logit";
  result.site = "pattern";
  result.direction = "denoise";
  result.clean_metric = 2;
  result.grid.axes = {{"layer", {0, 1}}, {"head", {0, 1}}, {"query", {0, 1}}, {"key", {0, 1}}};
  result.grid.values = {0, 0, 1, -2, 0, 0, 0, 0, 0.5, 0, 0, 0.25, 0, 0, 4, 3};
  return result;
}

TEST(EffectPicture, ShowsThePairWithTheLargestEffectOfEveryHead) {
  const EffectPicture picture = picture_of(pairs_of_positions());
  EXPECT_THAT(picture.layers, ElementsAre(0, 1));
  EXPECT_EQ(picture.column_axis, "Head");
  EXPECT_THAT(picture.columns, ElementsAre("0", "1"));
  EXPECT_THAT(picture.effects, ElementsAre(-1, 0, 0.25, 2));
  EXPECT_THAT(picture.text.notes.back(), HasSubstr("pair of query and key of that head"));
}

TEST(EffectPicture, NamesPositionsOfTheEditedPromptAndLeavesThoseWithoutPartnerGrey) {
  PatchResult result = pairs_of_positions();
  result.site = "resid_pre";
  result.corrupt.tokens.insert(result.corrupt.tokens.begin(), {.id = 7, .piece = "c", .text = "c"});
  result.partners = {-1, 0, 1};
  result.grid.axes = {{"layer", {0, 1}}, {"position", {0, 1, 2}}};
  result.grid.values = {NAN, 0, 1, NAN, 2, 0.5};
  const EffectPicture picture = picture_of(result);
  ASSERT_EQ(picture.columns.size(), 3);
  EXPECT_THAT(picture.columns[0], HasSubstr("c"));
  EXPECT_TRUE(std::isnan(picture.effects[0]) && std::isnan(picture.effects[3]));
  EXPECT_EQ(picture.effects[4], 1);
  EXPECT_THAT(picture.text.notes.back(),
              HasSubstr("positions of the corrupt run. Grey: the 1 of them"));
  EXPECT_THAT(patch_table(result, 100), HasSubstr("without a partner, not patched: 0 (c)\n"));
  EXPECT_THAT(patch_table(result, 100), Not(HasSubstr("nan")));
  result.direction = "noise";
  result.partners = {1, 2};
  result.grid.axes = {{"layer", {0, 1}}, {"position", {0, 1}}};
  result.grid.values = {0, 1, 2, 0.5};
  EXPECT_THAT(patch_table(result, 100), HasSubstr("of the other run, not used: 0 (c)\n"));
}

TEST(EffectPicture, ShowsTheHeadWithTheLargestEffectOfEveryPosition) {
  PatchResult result = pairs_of_positions();
  result.grid.axes = {{"layer", {0, 1}}, {"head", {0, 1, 2, 3}}, {"position", {0, 1}}};
  const EffectPicture picture = picture_of(result);
  EXPECT_EQ(picture.column_axis, "Position");
  EXPECT_THAT(picture.effects, ElementsAre(0.5, -1, 2, 1.5));
  EXPECT_THAT(picture.text.notes.back(), HasSubstr("head of that layer"));
}

TEST(EffectPicture, DrawsFlatGridsAsTheyAre) {
  PatchResult result = pairs_of_positions();
  result.grid.axes = {{"layer", {0, 1}}, {"head", {0, 1, 2, 3, 4, 5, 6, 7}}};
  const EffectPicture picture = picture_of(result);
  EXPECT_THAT(picture.effects,
              ElementsAre(0, 0, 0.5, -1, 0, 0, 0, 0, 0.25, 0, 0, 0.125, 0, 0, 2, 1.5));
  EXPECT_THAT(picture.text.notes, Not(testing::Contains(HasSubstr("Each cell"))));
}

TEST(EffectPicture, RefusesValuesThatDisagreeWithTheAxes) {
  PatchResult result = pairs_of_positions();
  result.grid.values.pop_back();
  EXPECT_THROW(picture_of(result), ShapeError);
}

TEST(EffectTable, NamesQueriesAndKeys) {
  const std::string table = patch_table(pairs_of_positions(), 100, 2);
  EXPECT_THAT(table, HasSubstr("L1H1 query 1 (b) key 0 (a)"));
  EXPECT_THAT(table, HasSubstr("L1H1 query 1 (b) key 1 (b)"));
}

TEST(EffectCsv, HasAColumnForEveryAxis) {
  const std::string csv = patch_csv(pairs_of_positions());
  EXPECT_THAT(csv, testing::StartsWith("layer,head,query,key,value,normalized\r\n0,0,0,0,0,0"));
  EXPECT_THAT(csv, HasSubstr("\r\n0,0,1,1,-2,-1\r\n"));
}

}  // namespace
}  // namespace headlens
