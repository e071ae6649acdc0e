#include "headlens/results/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "headlens/base/errors.h"
#include "tests/results/schema_checker.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kBrokenToken = "\xF0\x9F";

Provenance some_provenance() {
  return {.headlens_version = "0.1.0",
          .model_name = "tiny",
          .model_path = "models/tiny",
          .model_family = "gpt2",
          .model_sha256 = "00ff",
          .precision = "bf16",
          .precision_deviation = PrecisionDeviation{3, 0.1, 0.01},
          .seed = 7,
          .command_line = "headlens run \"a\" --json",
          .created_utc = "2025-01-01T00:00:00Z"};
}

PromptTokens some_prompt() {
  return {.text = "a\xF0\x9F\x98\x80",
          .tokens = {{1, "<s>", "<s>", 0, 0, true},
                     {5, "a", "a", 0, 1, false},
                     {9, "ðŁ", kBrokenToken, 1, 2, false}},
          .bos = "<s>"};
}

RunResult some_run() {
  return {.provenance = some_provenance(),
          .prompt = some_prompt(),
          .top = {{4, " Paris", 0.773, 12.5}, {8, kBrokenToken, 0.2, 3}},
          .position = 2,
          .classes = {}};
}

AttentionResult some_attention() {
  AttentionResult result;
  result.provenance = some_provenance();
  result.prompt = some_prompt();
  result.layers = {0, 3};
  result.pattern_LHQK = Tensor::zeros({2, 4, 3, 3});
  return result;
}

LensResult some_lens(int positions) {
  LensResult result;
  result.provenance = some_provenance();
  result.prompt = some_prompt();
  result.layers = {0, 1, 2};
  for (int p = 0; p < positions; ++p) result.positions.push_back(p);
  for (int layer = 0; layer < 3; ++layer) {
    std::vector<LensCell> row;
    for (int p = 0; p < positions; ++p) {
      row.push_back(
          {.top = {{10 * layer + p, "x", 0.5, 1}}, .entropy_nats = 1, .kl_to_final_nats = 0});
    }
    result.cells_LP.push_back(std::move(row));
  }
  return result;
}

std::vector<std::string> violations(const Json& document, const std::string& schema) {
  return schema_violations(nlohmann::json(document), std::string(HEADLENS_SCHEMAS) + "/" + schema);
}

TEST(RunJson, HoldsWhatScriptsRelyOn) {
  const Json json = to_json(some_run());
  EXPECT_EQ(json["schema"], "headlens/run/1");
  EXPECT_EQ(json["token_ids"], (Json{1, 5, 9}));
  EXPECT_EQ(json["top"][0]["id"], 4);
  EXPECT_EQ(json["top"][0]["token"], " Paris");
  EXPECT_EQ(json["top"][0]["probability"], 0.773);
  EXPECT_EQ(json["provenance"]["token_ids"], json["token_ids"]);
  EXPECT_EQ(json["provenance"]["bos"], "<s>");
  EXPECT_EQ(json["provenance"]["precision_deviation"]["max_abs_logit"], 0.1);
  EXPECT_EQ(json["prompt"]["tokens"][1]["char_end"], 1);
  EXPECT_TRUE(json["prompt"]["tokens"][0]["special"]);
  EXPECT_THAT(violations(json, "run.schema.json"), IsEmpty());
}

TEST(AblationJson, SaysWhatOfASweepWasComparedWithF32) {
  AblationResult result;
  result.provenance = some_provenance();
  result.provenance.precision = "bf16_deltas";
  result.provenance.precision_deviation.reset();
  result.provenance.sweep_deviation = SweepDeviation{.metric = "logit",
                                                     .places = {"L0H1", "L1H0"},
                                                     .of_places = 4,
                                                     .prompts = 1,
                                                     .of_prompts = 1,
                                                     .max_abs = 0.25,
                                                     .mean_abs = 0.125,
                                                     .mean_abs_effect = 2};
  result.prompt = some_prompt();
  result.question = {.metric = "logit", .answer = {"a", {5}}, .foil = {}, .read_positions = {2}};
  result.site = "z";
  result.kind = "zero";
  result.grid = {{{"layer", {0, 1}}, {"head", {0, 1}}}, {1, 2, 3, 4}};
  const Json json = to_json(result);
  const Json& origin = json["provenance"];
  EXPECT_FALSE(origin.contains("precision_deviation"));
  EXPECT_EQ(origin["sweep_deviation"]["places"], (Json{"L0H1", "L1H0"}));
  EXPECT_EQ(origin["sweep_deviation"]["of_places"], 4);
  EXPECT_EQ(origin["sweep_deviation"]["max_abs"], 0.25);
  EXPECT_EQ(origin["sweep_deviation"]["mean_abs_effect"], 2);
  EXPECT_THAT(violations(json, "ablation.schema.json"), IsEmpty());
}

TEST(RunJson, BrokenTokensKeepTheirBytes) {
  const Json json = to_json(some_run());
  EXPECT_EQ(json["top"][1]["token"], "\uFFFD");
  EXPECT_EQ(json["top"][1]["bytes"], "f09f");
  EXPECT_EQ(json["prompt"]["tokens"][2]["bytes"], "f09f");
  EXPECT_FALSE(json["top"][0].contains("bytes"));
  EXPECT_EQ(nlohmann::ordered_json::parse(to_text(json)), json);
}

TEST(RunJson, BrokenBytesAnywhereDoNotStopIt) {
  RunResult run = some_run();
  run.prompt.text = "\xFF";
  run.provenance.model_path = "models/\xFF";
  run.provenance.command_line = "headlens run \xC3";
  EXPECT_EQ(nlohmann::json::parse(to_text(to_json(run)))["provenance"]["model_path"],
            "models/\uFFFD");
}

TEST(RunJson, NumbersThatAreNoneBecomeNull) {
  RunResult run = some_run();
  run.top[0].probability = std::nan("");
  run.top[0].logit = -std::numeric_limits<double>::infinity();
  const Json json = to_json(run);
  EXPECT_TRUE(json["top"][0]["probability"].is_null());
  EXPECT_TRUE(json["top"][0]["logit"].is_null());
  EXPECT_THAT(violations(json, "run.schema.json"), IsEmpty());
}

TEST(RunJson, ClassesAreThereOnlyWithAClassifier) {
  RunResult run = some_run();
  EXPECT_FALSE(to_json(run).contains("classes"));
  run.classes = {{0, "negative", 0.9, 2}, {1, "positive", 0.1, -2}};
  EXPECT_EQ(to_json(run)["classes"][0]["token"], "negative");
  EXPECT_THAT(violations(to_json(run), "run.schema.json"), IsEmpty());
}

TEST(AttentionJson, DescribesTheArrayWithoutIt) {
  const Json json = to_json(some_attention(), {"attention.npy", "attention.safetensors"});
  EXPECT_EQ(json["schema"], "headlens/attention/1");
  EXPECT_EQ(json["shape"], (Json{2, 4, 3, 3}));
  EXPECT_EQ(json["layers"], (Json{0, 3}));
  EXPECT_EQ(json["files"], (Json{"attention.npy", "attention.safetensors"}));
  EXPECT_EQ(json["tokens"], (Json{"<s>", "a", "\uFFFD"}));
  EXPECT_THAT(violations(json, "attention.schema.json"), IsEmpty());
}

TEST(AttentionJson, RefusesAPatternThatDisagrees) {
  AttentionResult result = some_attention();
  result.layers = {0};
  EXPECT_THROW(to_json(result, {}), ShapeError);
  result = some_attention();
  result.pattern_LHQK = Tensor::zeros({2, 4, 3, 2});
  EXPECT_THROW(to_json(result, {}), ShapeError);
  result.pattern_LHQK = Tensor::zeros({2, 4, 9});
  EXPECT_THROW(to_json(result, {}), ShapeError);
}

TEST(LensJson, LayersAreOfTheLastPosition) {
  const Json json = to_json(some_lens(3));
  EXPECT_EQ(json["position"], 2);
  EXPECT_EQ(json["layers"].size(), 3U);
  EXPECT_EQ(json["layers"][0]["layer"], 0);
  EXPECT_EQ(json["layers"][2]["top"][0]["id"], 22);
  EXPECT_EQ(json["positions"].size(), 3U);
  EXPECT_EQ(json["positions"][1]["position"], 1);
  EXPECT_EQ(json["positions"][1]["layers"][2]["top"][0]["id"], 21);
  EXPECT_THAT(violations(json, "lens.schema.json"), IsEmpty());
}

TEST(LensJson, OnePositionNeedsNoList) {
  const Json json = to_json(some_lens(1));
  EXPECT_FALSE(json.contains("positions"));
  EXPECT_THAT(violations(json, "lens.schema.json"), IsEmpty());
}

TEST(LensJson, RefusesCellsThatDisagree) {
  LensResult lens = some_lens(2);
  lens.cells_LP[1].pop_back();
  EXPECT_THROW(to_json(lens), ShapeError);
  lens = some_lens(2);
  lens.cells_LP.pop_back();
  EXPECT_THROW(to_json(lens), ShapeError);
}

TEST(ReportJson, HoldsItsPartsOrNull) {
  const RunResult run = some_run();
  const AttentionResult attention = some_attention();
  const LensResult lens = some_lens(2);
  const Json whole = report_json(&run, &attention, {"attention.npy"}, &lens, {"index.html"});
  EXPECT_EQ(whole["lens"], to_json(lens));
  EXPECT_EQ(whole["attention"]["files"], (Json{"attention.npy"}));
  EXPECT_THAT(violations(whole, "report.schema.json"), IsEmpty());
  const Json part = report_json(nullptr, &attention, {}, nullptr, {});
  EXPECT_TRUE(part["run"].is_null());
  EXPECT_THAT(violations(part, "report.schema.json"), IsEmpty());
}

TEST(Schemas, NoticeAMissingKey) {
  Json json = to_json(some_run());
  json["provenance"].erase("model_sha256");
  EXPECT_THAT(violations(json, "run.schema.json"), ElementsAre("/provenance: lacks model_sha256"));
}

}  // namespace
}  // namespace headlens
