#include "headlens/reports/axis_scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const AxisScale& scale, int wanted) {
  std::vector<std::string> texts;
  for (const AxisScale::Tick& tick : scale.ticks(wanted)) texts.push_back(tick.text);
  return texts;
}

TEST(AxisScale, NiceNumbers) {
  const auto linear = [](double low, double high, int wanted) {
    return texts({AxisScaling::linear, low, high, 0}, wanted);
  };
  EXPECT_THAT(linear(0, 1, 5), ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(linear(0, 270, 8), ElementsAre("0", "50", "100", "150", "200", "250"));
  EXPECT_THAT(linear(-0.3, 0.1, 4), ElementsAre("-0.3", "-0.2", "-0.1", "0.0", "0.1"));
  EXPECT_THAT(linear(3.21, 3.24, 4), ElementsAre("3.21", "3.22", "3.23", "3.24"));
  EXPECT_THAT(linear(0, 3e8, 3), ElementsAre("0e+00", "1e+08", "2e+08", "3e+08"));
}

TEST(AxisScale, TicksAreInsideAndAsManyAsWanted) {
  for (double width = 1e-9; width < 1e12; width *= 3.7) {
    for (const double low : {0.0, -width / 3, 5 * width}) {
      const AxisScale scale(AxisScaling::linear, low, low + width, 0.05);
      const auto ticks = scale.ticks(7);
      EXPECT_GE(ticks.size(), 4U) << width;
      EXPECT_LE(ticks.size(), 12U) << width;
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        const double share = scale.share(ticks[i].value);
        EXPECT_GE(share, -1e-6);
        EXPECT_LE(share, 1 + 1e-6);
        if (i == 0) continue;
        EXPECT_NE(ticks[i].text, ticks[i - 1].text) << width << " at " << low;
      }
    }
  }
}

TEST(AxisScale, Powers) {
  const auto logarithmic = [](double low, double high, int wanted) {
    return texts({AxisScaling::logarithmic, low, high, 0}, wanted);
  };
  EXPECT_THAT(logarithmic(1, 1000, 6), ElementsAre("1", "10", "100", "1000"));
  EXPECT_THAT(logarithmic(1, 100, 8), ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(logarithmic(1e-8, 1e8, 5), ElementsAre("1e-08", "1e-04", "1", "10000", "1e+08"));
  EXPECT_THAT(logarithmic(22, 28, 3), ElementsAre("22", "24", "26", "28"));
}

TEST(AxisScale, ASingleNumberStandsInTheMiddle) {
  for (const double value : {-3.0, 0.0, 1e-20, 5.0, 1e20}) {
    EXPECT_NEAR(AxisScale(AxisScaling::linear, value, value, 0.05).share(value), 0.5, 1e-9);
  }
  EXPECT_NEAR(AxisScale(AxisScaling::logarithmic, 7, 7, 0.05).share(7), 0.5, 1e-9);
}

TEST(AxisScale, Refusals) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(AxisScale(AxisScaling::linear, 0, infinity, 0), UsageError);
  EXPECT_THROW(AxisScale(AxisScaling::linear, 2, 1, 0), UsageError);
  EXPECT_THROW(AxisScale(AxisScaling::logarithmic, 0, 1, 0), UsageError);
  EXPECT_TRUE(std::isnan(AxisScale(AxisScaling::logarithmic, 1, 2, 0).share(-1)));
}

}  // namespace
}  // namespace headlens
