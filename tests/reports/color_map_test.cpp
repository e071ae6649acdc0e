#include "headlens/reports/color_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr ColorMap kMaps[] = {ColorMap::kViridis, ColorMap::kCividis, ColorMap::kBlues,
                              ColorMap::kRdBuReversed};

TEST(ColorMap, EqualsMatplotlib) {
  std::ifstream file(std::string(HEADLENS_TEST_DATA) + "/goldens/reports/color_maps.json");
  const auto goldens = nlohmann::json::parse(file);
  for (const ColorMap map : kMaps) {
    const auto& samples = goldens.at(std::string(name_of(map)));
    ASSERT_GE(samples.size(), 10U);
    for (const auto& sample : samples) {
      const Rgb color = color_of(map, sample[0]);
      EXPECT_EQ(color.red, sample[1][0]) << name_of(map) << " at " << sample[0];
      EXPECT_EQ(color.green, sample[1][1]) << name_of(map) << " at " << sample[0];
      EXPECT_EQ(color.blue, sample[1][2]) << name_of(map) << " at " << sample[0];
    }
  }
}

TEST(ColorMap, MissingValuesHaveAColorOfTheirOwn) {
  for (const ColorMap map : kMaps) {
    EXPECT_EQ(color_of(map, std::nan("")), kMissingColor);
    for (int i = 0; i <= 255; ++i) EXPECT_NE(color_of(map, i / 255.0), kMissingColor);
  }
}

TEST(ColorMap, IsFoundByName) {
  EXPECT_EQ(color_map_named("Viridis"), ColorMap::kViridis);
  EXPECT_EQ(color_map_named("Blues"), ColorMap::kBlues);
  EXPECT_EQ(color_map_named("cividis"), ColorMap::kCividis);
  EXPECT_THROW(color_map_named("jet"), UsageError);
  EXPECT_THROW(color_map_named("rdbu_r"), UsageError) << "made for signed values alone";
}

TEST(ColorMap, TextIsReadableOnEveryColor) {
  const auto light = [](Rgb color) {
    const auto linear = [](double c) {
      return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.red / 255.0) + 0.7152 * linear(color.green / 255.0) +
           0.0722 * linear(color.blue / 255.0) + 0.05;
  };
  for (const ColorMap map : kMaps) {
    for (int i = 0; i <= 255; ++i) {
      const Rgb background = color_of(map, i / 255.0);
      const double a = light(background);
      const double b = light(text_color_on(background));
      EXPECT_GE(std::max(a, b) / std::min(a, b), 4.4) << name_of(map) << " " << i;
    }
  }
}

}  // namespace
}  // namespace headlens
