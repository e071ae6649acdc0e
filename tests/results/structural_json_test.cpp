#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"
#include "tests/results/structural_samples.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> violations(const Json& document) {
  return schema_violations(nlohmann::json(document),
                           std::string(HEADLENS_SCHEMAS) + "/structural_probe.schema.json");
}

TEST(StructuralJson, FitsItsSchema) {
  StructuralResult result = structural_sample();
  const Json json = to_json(result);
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["best_distance_layer"], 4);
  EXPECT_EQ(json["layers"][1]["distance"]["uuas"]["value"], 0.6);
  EXPECT_TRUE(json["layers"][1]["distance"]["spearman"]["low"].is_null());
  EXPECT_EQ(json["parse"]["edges"], Json::parse("[[1, 2], [1, 3]]"));
  EXPECT_EQ(json["parse"]["punctuation"], Json::parse("[4]"));
  EXPECT_TRUE(json["rank"].is_null());
  result.parse.reset();
  for (StructuralLayer& layer : result.layers) layer.depth.reset();
  EXPECT_THAT(violations(to_json(result)), IsEmpty());
  EXPECT_TRUE(to_json(result)["best_depth_layer"].is_null());
}

TEST(StructuralResult, SaysNoMoreThanTheFigures) {
  const StructuralResult result = structural_sample();
  EXPECT_THAT(layers_like_best(result, &StructuralLayer::distance), ElementsAre(1));
  EXPECT_THAT(layers_like_best(result, &StructuralLayer::depth), ElementsAre(0, 1));
  const std::vector<std::string> lines = structural_conclusion(result);
  EXPECT_THAT(lines[0], HasSubstr("above: linear chain (0.450)"));
  EXPECT_THAT(lines[1], HasSubstr("not above: linear chain (0.600)"));
  EXPECT_THAT(lines[1], HasSubstr("cannot tell from it: 0."));
}

TEST(StructuralResult, RefusesLayersOfDifferentTargets) {
  StructuralResult result = structural_sample();
  result.layers[0].depth.reset();
  EXPECT_THROW(check_structural(result), ShapeError);
  result.layers.clear();
  EXPECT_THROW(check_structural(result), ShapeError);
}

}  // namespace
}  // namespace headlens
