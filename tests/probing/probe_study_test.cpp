#include "headlens/probing/probe_study.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <random>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "tests/probing/harvest_test_support.h"
#include "tests/probing/probing_golden.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Six columns of the planted states as one layer, all twelve as another.
ProbedStates planted_layers(int* reads = nullptr) {
  return {.layers = {{"blocks.0.hook_resid_pre", 0}, {"blocks.1.hook_resid_pre", 1}},
          .states = [reads](std::size_t layer) {
            if (reads != nullptr) ++*reads;
            Tensor all = planted_states();
            if (layer == 1) return all;
            Tensor part({all.size(0), 6});
            for (std::int64_t i = 0; i < all.size(0); ++i) {
              std::copy_n(all.data() + i * 12 + 1, 6, part.data() + i * 6);
            }
            return part;
          }};
}

ProbeStudyOptions exact_options() {
  return {.learner = {.logistic = {.tolerance = 1e-9}}, .seed = 5};
}

const nlohmann::json& golden() { return probing_golden()["classification"]; }

TEST(ProbeStudy, FoldsAndControlAreScikitLearns) {
  const ProbeTask task = planted_task();
  for (const std::string group : {"row", "sentence", "word-type"}) {
    SCOPED_TRACE(group);
    const ProbeResult result =
        study_probe(task, planted_rounds(group), planted_layers(), exact_options());
    const ProbeLayer& layer = result.layers[1];
    expect_all_near(layer.score.rounds, golden()[group]["task"], 1e-9);
    expect_all_near(layer.control->rounds, golden()[group]["control"], 1e-9);
    EXPECT_NEAR(layer.macro_f1.value(), golden()[group]["macro_f1"].get<double>(), 1e-9);
    EXPECT_EQ(result.best, 1U);
    EXPECT_EQ(result.confusion, golden()[group]["confusion"].get<std::vector<std::int64_t>>());
    EXPECT_EQ(result.baselines[1].name, "word type");
    expect_all_near(result.baselines[1].score.rounds, golden()[group]["word_type"], 1e-12);
    EXPECT_TRUE(layer.converged);
    EXPECT_LT(layer.score.low, layer.score.mean);
    EXPECT_GT(layer.score.high, layer.score.mean);
    EXPECT_NEAR(layer.selectivity, layer.score.mean - layer.control->mean, 1e-12);
  }
}

TEST(ProbeStudy, StandardisesByTheTrainingRowsOfEachFold) {
  ProbeStudyOptions options = exact_options();
  options.learner.standardize = true;
  const ProbeResult result =
      study_probe(planted_task(), planted_rounds("sentence"), planted_layers(), options);
  expect_all_near(result.layers[1].score.rounds, golden()["sentence"]["standardized"], 1e-9);
}

TEST(ProbeStudy, LayersAreComparedAsScipyDoes) {
  const ProbeResult result = study_probe(planted_task("documents"), planted_rounds("row"),
                                         planted_layers(), exact_options());
  expect_all_near(result.layers[0].score.rounds, golden()["six_columns"]["task"], 1e-9);
  // Ten documents: both go through all 1,024 signs.
  EXPECT_NEAR(result.layers[0].p_best, golden()["six_columns"]["p_document"].get<double>(), 1e-12);
  EXPECT_EQ(result.layers[0].p_best_holm, result.layers[0].p_best) << "one comparison";
  EXPECT_EQ(result.layers[1].p_best, 1);
  EXPECT_EQ(result.evaluation.test_groups, 10);
}

TEST(ProbeStudy, ChoosesCOnInnerFoldsAsGridSearchDoes) {
  ProbeStudyOptions options = exact_options();
  options.control = false;
  options.learner.c_grid = golden()["grid"]["c"].get<std::vector<double>>();
  const ProbeResult result =
      study_probe(planted_task(), planted_rounds("row"), planted_layers(), options);
  expect_all_near(result.layers[1].score.rounds, golden()["grid"]["task"], 1e-9);
  expect_all_near(result.layers[1].c, golden()["grid"]["chosen"], 0);
  EXPECT_FALSE(result.layers[1].control);
  EXPECT_THAT(probe_warnings(result), ::testing::Contains(HasSubstr("no control task")));
}

TEST(ProbeStudy, TestsOnAPartThatIsNotTrainedOn) {
  const ProbeTask task = planted_task();
  ProbeRound round;
  for (std::int64_t row = 0; row < task.rows(); ++row) {
    (row < golden()["test_part"]["train_rows"] ? round.train : round.test).push_back(row);
  }
  const ProbeResult result = study_probe(task, {round}, planted_layers(), exact_options());
  EXPECT_NEAR(result.layers[1].score.mean, golden()["test_part"]["task"].get<double>(), 1e-12);
  EXPECT_NEAR(result.layers[1].control->mean, golden()["test_part"]["control"].get<double>(),
              1e-12);
  EXPECT_EQ(result.evaluation.test_rows, 80);
  EXPECT_EQ(result.evaluation.test_groups, 16);
}

TEST(ProbeStudy, RealValuesByRidge) {
  const nlohmann::json& expected = probing_golden()["regression"];
  ProbeStudyOptions options{
      .learner = {.kind = ProbeKind::ridge, .alpha = expected["alpha"].get<double>()}};
  const ProbeTask task = planted_real_task();
  const ProbeResult result =
      study_probe(task, rounds_of(consecutive_folds(task.rows(), 3)), planted_layers(), options);
  expect_all_near(result.layers[1].score.rounds, expected["r2"], 1e-5);
  EXPECT_NEAR(result.layers[1].pearson.value(), expected["pearson"].get<double>(), 1e-5);
  EXPECT_NEAR(result.layers[1].spearman.value(), expected["spearman"].get<double>(), 1e-5);
  EXPECT_EQ(result.method.metric, "r2");
  EXPECT_TRUE(result.confusion.empty());
}

TEST(ProbeStudy, GoesOnAfterTheLastLayerThatIsKnown) {
  const TemporaryDirectory folder;
  ProbeStudyOptions options = exact_options();
  options.log = folder.path() / "probe.log";
  options.work = {{"task", "planted"}};
  const ProbeTask task = planted_task();
  const auto rounds = planted_rounds("row");
  const ProbeResult first = study_probe(task, rounds, planted_layers(), options);
  const std::string log = read_file(options.log);
  std::ofstream(options.log, std::ios::binary) << log.substr(0, log.size() - 9);
  int reads = 0;
  const ProbeResult again = study_probe(task, rounds, planted_layers(&reads), options);
  EXPECT_EQ(reads, 1) << "the first layer was whole in the log";
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.layers[i].score.rounds, first.layers[i].score.rounds);
    EXPECT_EQ(again.layers[i].control->rounds, first.layers[i].control->rounds);
    EXPECT_EQ(again.layers[i].score.low, first.layers[i].score.low);
    EXPECT_EQ(again.layers[i].p_best_holm, first.layers[i].p_best_holm);
  }
  EXPECT_EQ(again.confusion, first.confusion);
  options.work = {{"task", "other"}};
  EXPECT_THAT([&] { study_probe(task, rounds, planted_layers(), options); },
              refuses_with<UsageError>("other work"));
}

TEST(ProbeStudy, BaselinesOnTheSameSplit) {
  ProbedStates states = planted_layers();
  states.layers.erase(states.layers.begin());
  states.states = [](std::size_t) { return planted_states(); };
  states.embeddings = [] { return planted_layers().states(0); };
  states.random_states = [](std::size_t) {
    Tensor noise({240, 4});
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float& value : noise.values()) value = normal(random);
    return noise;
  };
  const ProbeResult result =
      study_probe(planted_task(), planted_rounds("row"), states, exact_options());
  ASSERT_EQ(result.baselines.size(), 4U);
  EXPECT_EQ(result.baselines[2].name, "embeddings");
  expect_all_near(result.baselines[2].score.rounds, golden()["six_columns"]["task"], 1e-9);
  EXPECT_EQ(result.baselines[3].name, "random weights");
  EXPECT_EQ(result.random_layers.size(), 1U);
  EXPECT_LT(result.baselines[3].score.mean, result.layers[0].score.mean - 0.2);
  EXPECT_LE(result.baselines[3].p_holm, 0.05);
}

TEST(ProbeStudy, ByAdamWithSeeds) {
  std::vector<int> epochs;
  ProbeStudyOptions options{.learner = {.kind = ProbeKind::mlp}, .seeds = 2};
  options.learner.adam = {.hidden = 16, .batch_size = 16, .epochs = 10};
  options.on_loss = [&](const ProbedLayer&, int epoch, double) { epochs.push_back(epoch); };
  const ProbeResult result =
      study_probe(planted_task(), planted_rounds("row"), planted_layers(), options);
  EXPECT_THAT(epochs, ElementsAre(5, 10, 5, 10));
  EXPECT_EQ(result.layers[1].score.rounds.size(), 6U) << "two seeds, three folds";
  EXPECT_NE(result.layers[1].score.rounds[0], result.layers[1].score.rounds[3]);
  EXPECT_GT(result.layers[1].score.mean, 0.5);
  EXPECT_EQ(result.layers[1].iterations, 10);
  EXPECT_EQ(result.method.hidden, 16);
}

TEST(ProbeStudy, Refusals) {
  const ProbeTask task = planted_task();
  const auto rounds = planted_rounds("row");
  EXPECT_THAT([&] { study_probe(task, rounds, {}, {}); }, refuses_with<UsageError>("no layer"));
  EXPECT_THAT([&] { study_probe(task, {}, planted_layers(), {}); },
              refuses_with<UsageError>("nothing to train"));
  EXPECT_THAT(
      [&] { study_probe(task, rounds, planted_layers(), {.learner = {.kind = ProbeKind::ridge}}); },
      refuses_with<UsageError>("ridge is for real values"));
  EXPECT_THAT([&] { study_probe(planted_real_task(), rounds, planted_layers(), {}); },
              refuses_with<UsageError>("probe them with ridge"));
  EXPECT_THAT(
      [&] {
        study_probe(task, rounds, planted_layers(),
                    {.learner = {.kind = ProbeKind::mlp, .patience = 2}});
      },
      refuses_with<UsageError>("needs a validation part"));
  ProbedStates broken = planted_layers();
  broken.states = [](std::size_t) {
    Tensor states = planted_states();
    states.data()[5] = std::numeric_limits<float>::quiet_NaN();
    return states;
  };
  EXPECT_THAT([&] { study_probe(task, rounds, broken, {}); },
              refuses_with<UsageError>("blocks.0.hook_resid_pre", "row 0"));
  ProbeTask one = task;
  one.target.labels.assign(one.target.labels.size(), 2);
  EXPECT_THAT([&] { study_probe(one, rounds, planted_layers(), {}); },
              ::testing::ThrowsMessage<UsageError>(HasSubstr("class")));
}

}  // namespace
}  // namespace headlens
