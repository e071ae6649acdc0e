#include "headlens/reports/structural_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/reports/structural_picture.h"
#include "tests/results/structural_samples.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StructuralTable, ShowsBestLayersBaselinesAndTheParse) {
  const std::string text = structural_table(structural_sample(), 120);
  EXPECT_THAT(text, HasSubstr("structural probes at 2 layers"));
  EXPECT_THAT(text, HasSubstr("linear chain"));
  EXPECT_THAT(text, HasSubstr("layer 4"));
  EXPECT_THAT(text, HasSubstr("0.600"));
  EXPECT_THAT(text, HasSubstr("best"));
  EXPECT_THAT(text, HasSubstr("1= 3"));  // the second word's predicted edges, one of them right
  EXPECT_THAT(text, HasSubstr("whether the model uses it"));
}

TEST(StructuralTable, LeavesOutWhatWasNotProbed) {
  StructuralResult result = structural_sample();
  for (StructuralLayer& layer : result.layers) layer.depth.reset();
  result.parse.reset();
  EXPECT_THAT(structural_table(result, 120), Not(HasSubstr("root acc.")));
  EXPECT_THROW(depth_picture(result), UsageError);
  EXPECT_EQ(distance_picture(result).series.size(), 2u);
}

TEST(StructuralTable, WritesLayersAndBaselinesAsCsv) {
  const std::string csv = structural_csv(structural_sample());
  EXPECT_THAT(csv, HasSubstr("layer,uuas,uuas_low,uuas_high,distance_spearman"));
  EXPECT_THAT(csv, HasSubstr("\r\n4,0.6,0.5,0.7,"));
  EXPECT_THAT(csv, HasSubstr("\r\nlinear chain,0.45,"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);
}

TEST(StructuralPicture, HasALineAFigureAndTheChainAsLevels) {
  const CurvePicture picture = distance_picture(structural_sample());
  ASSERT_EQ(picture.series.size(), 2u);
  EXPECT_EQ(picture.series[0].x, (std::vector<double>{0, 4}));
  EXPECT_EQ(picture.series[0].y, (std::vector<double>{0.4, 0.6}));
  ASSERT_EQ(picture.levels.size(), 2u);
  EXPECT_EQ(picture.levels[0].name, "UUAS, linear chain");
  EXPECT_EQ(picture.levels[0].y, 0.45);
}

}  // namespace
}  // namespace headlens
