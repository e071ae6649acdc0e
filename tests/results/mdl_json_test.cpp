#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"
#include "tests/results/structural_samples.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> violations(const Json& document) {
  return schema_violations(nlohmann::json(document),
                           std::string(HEADLENS_SCHEMAS) + "/mdl_probe.schema.json");
}

TEST(MdlJson, FitsItsSchema) {
  MdlResult result = mdl_sample();
  const Json json = to_json(result);
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["shortest"], 1);
  EXPECT_TRUE(json["layers"][1]["layer"].is_null());
  EXPECT_EQ(json["layers"][0]["task"]["portions"][1]["bits"], 230);
  EXPECT_EQ(json["layers"][0]["control"]["code_length_bits"], 290);
  EXPECT_EQ(json["layers"][0]["task"]["voita_notebook"]["kbits"], 0.125);
  result.code = "variational";
  result.probe = "gaussian";
  for (MdlLayer& layer : result.layers) layer.control.reset();
  const Json variational = to_json(result);
  EXPECT_THAT(violations(variational), IsEmpty());
  EXPECT_FALSE(variational["layers"][0]["task"].contains("portions"));
}

TEST(MdlResult, SaysNoMoreThanTheLengths) {
  MdlResult result = mdl_sample();
  std::vector<std::string> lines = mdl_conclusion(result);
  EXPECT_THAT(lines[0], HasSubstr("shortest given blocks.3.hook_mlp_out: 1.00 bits a row"));
  EXPECT_THAT(lines[1], HasSubstr("1.5 times as many"));
  result.entropy_bits = 100;
  result.layers[1].control->code_length_bits = 150;
  lines = mdl_conclusion(result);
  EXPECT_THAT(lines[1], HasSubstr("No layer's states"));
  EXPECT_THAT(lines[2], HasSubstr("no more of the task than of any labelling"));
}

TEST(MdlResult, RefusesPartsThatDoNotFit) {
  MdlResult result = mdl_sample();
  result.layers[0].task.portions.pop_back();
  EXPECT_THROW(check_mdl(result), ShapeError);
  result.layers.clear();
  EXPECT_THROW(check_mdl(result), ShapeError);
}

}  // namespace
}  // namespace headlens
