#include "headlens/reports/number_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headlens {
namespace {

TEST(NumberText, ShowsSmallNumbers) {
  EXPECT_EQ(number_text(0.77251), "0.7725");
  EXPECT_EQ(number_text(0.0005), "0.0005");
  EXPECT_EQ(number_text(0.000042), "4.2e-05");
  EXPECT_EQ(number_text(-12.5), "-12.5000");
  EXPECT_EQ(number_text(0), "0.0000");
  EXPECT_EQ(number_text(NAN), "nan");
}

TEST(NumberText, ShowsSigns) {
  EXPECT_EQ(change_text(0.00314), "+0.0031");
  EXPECT_EQ(change_text(-0.0000424), "-4.2e-05");
  EXPECT_EQ(change_text(0), "+0.0000");
}

TEST(CountText, HasOneLayerAndTwoLayers) {
  EXPECT_EQ(count_text(1, "layer"), "1 layer");
  EXPECT_EQ(count_text(2, "layer"), "2 layers");
  EXPECT_EQ(count_text(0, "layer"), "0 layers");
}

}  // namespace
}  // namespace headlens
