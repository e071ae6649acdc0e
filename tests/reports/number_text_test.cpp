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

}  // namespace
}  // namespace headlens
