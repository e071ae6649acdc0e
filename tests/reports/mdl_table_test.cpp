#include "headlens/reports/mdl_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/reports/mdl_picture.h"
#include "tests/reports/samples.h"
#include "tests/results/structural_samples.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MdlTable, ShowsLengthsAndTheShortestOnesPortions) {
  const std::string text = mdl_table(mdl_sample(), 120);
  EXPECT_THAT(text, HasSubstr("online code of upos at 2 layers"));
  EXPECT_THAT(text, HasSubstr("shortest"));
  EXPECT_THAT(text, HasSubstr("11 - 200"));
  EXPECT_THAT(text, HasSubstr("control bits"));
  EXPECT_THAT(text, Not(HasSubstr("notebook")));
  EXPECT_THAT(mdl_table(mdl_sample(), 140, true),
              HasSubstr("notebook kbits: as Voita and Titov's"));
}

TEST(MdlTable, WritesCsv) {
  const std::string csv = mdl_csv(mdl_sample());
  EXPECT_THAT(csv, HasSubstr("layer,site,code_length_bits,standard_deviation,compression"));
  EXPECT_THAT(csv, HasSubstr("\r\n0,blocks.0.hook_resid_pre,250,0,1.6,,,"));
  const std::string portions = mdl_portions_csv(mdl_sample());
  EXPECT_EQ(std::ranges::count(portions, '\n'), 5);
  EXPECT_THAT(portions, HasSubstr("\r\n0,blocks.0.hook_resid_pre,10,200,230,0.75,270,0.75\r\n"));
}

TEST(MdlPicture, IsBitsARowByLayerAndByPortion) {
  const CurvePicture picture = picture_of(mdl_sample());
  ASSERT_EQ(picture.series.size(), 2u);
  EXPECT_EQ(picture.series[0].y, (std::vector<double>{1.25, 1}));
  EXPECT_EQ(picture.levels[0].y, 1.5);
  const CurvePicture portions = portions_picture(mdl_sample());
  EXPECT_EQ(portions.series[0].x, std::vector<double>{10});
  EXPECT_EQ(portions.series[0].y, std::vector<double>{180.0 / 190});
  MdlResult variational = mdl_sample();
  for (MdlLayer& layer : variational.layers) layer.task.portions.clear();
  EXPECT_THROW(portions_picture(variational), UsageError);
}

}  // namespace
}  // namespace headlens
