#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/results/schema_checker.h"

namespace headlens {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ProbeLayer layer(int state, double accuracy, double control, double p_holm) {
  ProbeLayer layer;
  layer.site = "blocks." + std::to_string(state) + ".hook_resid_pre";
  layer.hidden_state = state;
  layer.score = {accuracy, 0.01, {accuracy}, accuracy - 0.02, accuracy + 0.02};
  layer.macro_f1 = accuracy - 0.1;
  layer.control = {control, 0.01, {control}, control, control};
  layer.selectivity = accuracy - control;
  layer.meaningful = layer.selectivity > 0.1;
  layer.p_best = layer.p_best_holm = p_holm;
  layer.p_majority_holm = 0.001;
  return layer;
}

ProbeResult sample() {
  ProbeResult result;
  result.provenance.precision = "f32";
  result.column = "upos";
  result.data = {"dev.conllu"};
  result.unit = "word";
  result.pooling = "last";
  result.rows = 100;
  result.classes = {"NOUN", "VERB"};
  result.method.kind = "logistic";
  result.method.metric = "accuracy";
  result.evaluation = {.kind = "folds",
                       .folds = 3,
                       .group = "row",
                       .train_rows = 66,
                       .test_rows = 100,
                       .test_groups = 20,
                       .test_group = "sentence"};
  result.layers = {layer(0, 0.5, 0.2, 0.001), layer(1, 0.8, 0.3, 1), layer(2, 0.79, 0.2, 0.4),
                   layer(3, 0.78, 0.2, 0.2), layer(4, 0.6, 0.2, 0.01)};
  result.best = 1;
  result.best_classes = {{"NOUN", 0.8, 0.8, 0.8, 60}, {"VERB", 0.7, 0.7, 0.7, 40}};
  result.confusion = {48, 12, 12, 28};
  result.baselines = {{"majority", "", {0.6, 0, {0.6}, 0.6, 0.6}, 0.001, 0.002},
                      {"embeddings", "hidden state 0", {0.5, 0, {0.5}, 0.5, 0.5}, 0.001, 0.002}};
  return result;
}

std::vector<std::string> violations(const Json& document) {
  return schema_violations(nlohmann::json(document),
                           std::string(HEADLENS_SCHEMAS) + "/probe.schema.json");
}

TEST(ProbeJson, HoldsLayersBaselinesAndTheBestLayersClasses) {
  const Json json = to_json(sample());
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["layers"][1]["accuracy"]["mean"], 0.8);
  EXPECT_EQ(json["layers"][1]["control"]["mean"], 0.3);
  EXPECT_EQ(json["layers"][0]["layer"], 0);
  EXPECT_EQ(json["best"]["like_best"], Json({1, 2, 3}));
  EXPECT_EQ(json["best"]["confusion"], Json::parse("[[48, 12], [12, 28]]"));
}

TEST(ProbeJson, OfRealValuesWithoutAControl) {
  ProbeResult result = sample();
  result.method = {.kind = "ridge", .metric = "r2"};
  result.classes.clear();
  result.best_classes.clear();
  result.confusion.clear();
  for (ProbeLayer& one : result.layers) {
    one.macro_f1.reset();
    one.control.reset();
    one.selectivity = std::nan("");
    one.pearson = 0.9;
    one.hidden_state.reset();
  }
  const Json json = to_json(result);
  EXPECT_THAT(violations(json), IsEmpty());
  EXPECT_EQ(json["layers"][0]["r2"]["mean"], 0.5);
  EXPECT_EQ(json["layers"][0]["selectivity"], nullptr);
  EXPECT_EQ(json["layers"][0]["layer"], nullptr);
}

TEST(ProbeJson, RefusesPartsThatDoNotFit) {
  ProbeResult result = sample();
  result.confusion.pop_back();
  EXPECT_THROW(to_json(result), ShapeError);
  result = sample();
  result.best = 9;
  EXPECT_THROW(to_json(result), ShapeError);
}

TEST(ProbeConclusion, NamesTheBestLayerAndThoseLikeIt) {
  const std::vector<std::string> told = probe_conclusion(sample());
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0],
            "Layer 1 scores best: accuracy 0.800 [0.780, 0.820], control 0.300, selectivity +0.500 "
            "(above 0.1), on 100 test words of 20 sentences.");
  EXPECT_EQ(told[1], "Not told from it by paired tests (Holm-corrected, 0.05): layers 2 and 3.");
  EXPECT_EQ(told[2],
            "So upos is linearly decodable from these states; whether the model uses it, this does "
            "not say.");
  EXPECT_THAT(probe_warnings(sample()), IsEmpty());
}

TEST(ProbeConclusion, JoinsOnlyStatesThatFollowOneAnother) {
  ProbeResult result = sample();
  for (const std::size_t i : {2, 3, 4}) result.layers[i].p_best_holm = 0.5;
  EXPECT_THAT(probe_conclusion(result)[1], HasSubstr("layers 2 to 4."));
  result.layers[3].hidden_state = 7;
  EXPECT_THAT(probe_conclusion(result)[1], HasSubstr("layers 2, 7 and 4."));
}

TEST(ProbeConclusion, ClaimsNothingThatIsNotAboveTheMajority) {
  ProbeResult result = sample();
  result.layers[1].p_majority_holm = 0.2;
  EXPECT_THAT(probe_conclusion(result).back(), HasSubstr("nothing says that upos can be read"));
  EXPECT_THAT(probe_conclusion(result).back(), Not(HasSubstr("decod")));
}

TEST(ProbeConclusion, AndNothingOfAProbeThatLearnsByHeart) {
  ProbeResult result = sample();
  result.layers[1] = layer(1, 0.8, 0.72, 1);
  EXPECT_THAT(probe_conclusion(result).back(), HasSubstr("learns a random labelling nearly as"));
  EXPECT_THAT(probe_warnings(result), ElementsAre(HasSubstr("selectivity is low (+0.080)")));
  EXPECT_THAT(probe_warnings(result), ElementsAre(HasSubstr("groups by word type")));
  result.evaluation.group = "word-type";
  EXPECT_THAT(probe_warnings(result), ElementsAre(Not(HasSubstr("groups by"))));
}

TEST(ProbeConclusion, SaysWhatWasNotALinearProbe) {
  ProbeResult result = sample();
  result.method.kind = "mlp";
  EXPECT_THAT(probe_conclusion(result).back(), HasSubstr("can be decoded by a small network"));
  result.method.kind = "knn";
  EXPECT_THAT(probe_conclusion(result).back(), HasSubstr("can be decoded by nearness to other"));
}

TEST(ProbeWarnings, OfBaselinesAndFitsThatDidNotConverge) {
  ProbeResult result = sample();
  result.baselines[1].p_holm = 0.3;
  result.layers[2].converged = false;
  result.fold_warnings = {"some fold lacks a class"};
  const std::vector<std::string> warnings = probe_warnings(result);
  EXPECT_THAT(warnings, Contains("some fold lacks a class"));
  EXPECT_THAT(warnings, Contains("the probe did not converge at layer 2"));
  EXPECT_THAT(warnings,
              Contains(HasSubstr("the embeddings baseline (0.500) is not shown to be worse")));
}

TEST(ProbeLabelsJson, FollowsItsSchema) {
  ProbeLabels result;
  result.provenance.precision = "f32";
  result.unit = "word";
  result.pooling = "last";
  result.classes = {"NOUN", "VERB"};
  result.labels = {{"dog", 4, 7, "NOUN", {0.9, 0.1}}};
  const auto check = [](const Json& json) {
    return schema_violations(nlohmann::json(json),
                             std::string(HEADLENS_SCHEMAS) + "/probe_labels.schema.json");
  };
  EXPECT_THAT(check(to_json(result)), IsEmpty());
  EXPECT_EQ(to_json(result)["labels"][0]["span"], Json({4, 7}));
  result.classes.clear();
  EXPECT_THAT(check(to_json(result)), IsEmpty());
  EXPECT_EQ(to_json(result)["labels"][0]["value"], 0);
}

}  // namespace
}  // namespace headlens
