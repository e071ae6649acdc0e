#include "headlens/probing/probe_run.h"

#include <gtest/gtest.h>

#include <set>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/probing/trained_probe.h"
#include "tests/parity/real_models.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::HasSubstr;

class ProbeRunTest : public ::testing::Test {
 protected:
  ProbeRunTest() {
    write_tiny_model(model_, "gpt2");
    session_.emplace(Session::open(model_.path().string()));
    data_.write("train.jsonl", lines(0));
    data_.write("dev.jsonl", lines(3));
    data_.write("test.jsonl", lines(5));
    request_.corpus = {.data = data_.path() / "train.jsonl", .columns = {"tag"}};
    for (int layer = 0; layer <= 2; ++layer) {
      request_.harvest.sites.push_back(hidden_state_site(session_->spec(), layer));
    }
    request_.study.resamples = 50;
  }

  /// Sentences of letters; vowels are "V", others "C".
  static std::string lines(int from) {
    const std::vector<std::string> words{"a", "b", "e", "c", "i", "d", "o", "f", "u", "g"};
    std::string text;
    for (int s = from; s < from + 12; ++s) {
      std::string forms, tags;
      for (int w = 0; w < 5; ++w) {
        const std::string& word = words[(s * 3 + w * 7 + s * w) % 10];
        forms += (w > 0 ? ", \"" : "\"") + word + "\"";
        tags += std::string(w > 0 ? ", \"" : "\"") +
                (std::string("aeiou").find(word) != std::string::npos ? "V" : "C") + "\"";
      }
      text += "{\"words\": [" + forms + "], \"tag\": [" + tags + "]}\n";
    }
    return text;
  }

  TemporaryDirectory model_, data_, states_;
  std::optional<Session> session_;
  ProbeRequest request_;
};

TEST_F(ProbeRunTest, FoldsOfOneFile) {
  const ProbeRun run = run_probe(*session_, request_, states_.path());
  EXPECT_EQ(run.result.layers.size(), 3U);
  EXPECT_EQ(run.result.evaluation.kind, "folds");
  EXPECT_EQ(run.result.rows, 60);
  EXPECT_EQ(run.result.sentences, 12);
  EXPECT_EQ(run.result.word_types, 10);
  EXPECT_EQ(run.result.layers[0].hidden_state, 0);
  EXPECT_EQ(run.result.baselines.back().name, "embeddings");
  EXPECT_TRUE(std::filesystem::exists(states_.path() / "train" / "manifest.json"));
}

TEST_F(ProbeRunTest, FilesForTrainingValidationAndTest) {
  request_.division.test = data_.path() / "test.jsonl";
  request_.division.validation = data_.path() / "dev.jsonl";
  request_.study.learner.c_grid = {0.1, 1};
  request_.harvest.sites.erase(request_.harvest.sites.begin());
  const ProbeRun run = run_probe(*session_, request_, states_.path());
  EXPECT_EQ(run.result.evaluation.kind, "files");
  EXPECT_EQ(run.result.evaluation.validation_rows, 60);
  EXPECT_EQ(run.result.layers.size(), 2U) << "the embeddings are harvested as a baseline alone";
  EXPECT_EQ(run.result.baselines.back().name, "embeddings");
  EXPECT_EQ(run.result.layers[0].c.size(), 1U);
  EXPECT_EQ(run.result.data.size(), 3U);
}

TEST_F(ProbeRunTest, ARandomModelHasOtherStatesOfTheSameRows) {
  request_.random_model = true;
  const ProbeRun run = run_probe(*session_, request_, states_.path());
  EXPECT_EQ(run.result.random_layers.size(), 3U);
  EXPECT_EQ(run.result.baselines.back().name, "random weights");
  const Harvest own = read_harvest(states_.path() / "train");
  const Harvest random = read_harvest(states_.path() / "random-weights" / "train");
  EXPECT_NE(own.manifest().work.model_sha256, random.manifest().work.model_sha256);
  EXPECT_THAT(random.manifest().work.model_name, HasSubstr("random weights of seed 0"));
  const Site site = request_.harvest.sites[1];
  EXPECT_NE(own.read_states(site).data()[0], random.read_states(site).data()[0]);
  EXPECT_EQ(own.rows(), random.rows());
}

TEST_F(ProbeRunTest, ReadsAFinishedHarvest) {
  run_probe(*session_, request_, states_.path());
  ProbeRequest again = request_;
  again.corpus = {.data = states_.path() / "train"};
  const TemporaryDirectory elsewhere;
  const ProbeRun run = run_probe(*session_, again, elsewhere.path());
  EXPECT_EQ(run.result.rows, 60);
  EXPECT_FALSE(std::filesystem::exists(elsewhere.path() / "train"));
  again.random_model = true;
  EXPECT_THAT([&] { run_probe(*session_, again, elsewhere.path()); },
              refuses_with<UsageError>("needs the corpus itself"));
}

TEST_F(ProbeRunTest, SavedProbesSayWhatTheStudyLearnt) {
  for (const ProbeKind kind : {ProbeKind::logistic, ProbeKind::linear_adam, ProbeKind::mlp}) {
    for (const bool standardize : {false, true}) {
      SCOPED_TRACE(to_string(kind));
      ProbeRequest request = request_;
      request.division.test = data_.path() / "test.jsonl";
      request.study.learner.kind = kind;
      request.study.learner.standardize = standardize;
      request.study.learner.adam = {.hidden = 8, .batch_size = 16, .epochs = 30};
      const TemporaryDirectory states;
      const ProbeRun run = run_probe(*session_, request, states.path());
      const SavedProbe saved = train_saved_probe(run, 1, request.study.seed);
      const Tensor states_of_layer = run.data.states(1);
      const Tensor x = gather_rows(states_of_layer.view<2>(), run.rounds[0].test);
      const std::vector<double> scores = saved.probe.scores(x.view<2>());
      int right = 0;
      for (std::size_t i = 0; i < run.rounds[0].test.size(); ++i) {
        const bool second = scores[2 * i + 1] > scores[2 * i];
        right += run.data.labels()[run.rounds[0].test[i]] == (second ? 1 : 0) ? 1 : 0;
      }
      EXPECT_NEAR(right / static_cast<double>(run.rounds[0].test.size()),
                  run.result.layers[1].score.mean, 1e-9);
      EXPECT_EQ(saved.origin.training_rows, 60);
    }
  }
}

TEST_F(ProbeRunTest, Refusals) {
  ProbeRequest request = request_;
  request.division.validation = data_.path() / "dev.jsonl";
  EXPECT_THAT([&] { run_probe(*session_, request, states_.path()); },
              refuses_with<UsageError>("needs a test file"));
  request = request_;
  request.division.folds = 61;
  EXPECT_THAT([&] { run_probe(*session_, request, states_.path()); },
              refuses_with<UsageError>("cannot make 61 folds"));
  request = request_;
  request.division.test = data_.path() / "none.jsonl";
  const TemporaryDirectory fresh;
  EXPECT_THROW(run_probe(*session_, request, fresh.path()), FormatError);
  EXPECT_TRUE(std::filesystem::is_empty(fresh.path())) << "no model ran before the file was missed";
}

/// cross_val_score(cv=3) on the lab's eight sentences, within one prediction of the 40.
TEST(LabProbe, ScoresAreScikitLearns) {
  if (const std::string reason = reason_to_skip(kSmolLm2); !reason.empty()) GTEST_SKIP() << reason;
  const nlohmann::json golden = read_json(HEADLENS_TEST_DATA "/goldens/probing/lab_pos.json");
  Session& session = real_session(kSmolLm2);
  ProbeRequest request{.corpus = {.task = "lab-pos"}};
  for (const auto& [layer, scores] : golden.items()) {
    request.harvest.sites.push_back(hidden_state_site(session.spec(), std::stoi(layer)));
  }
  const TemporaryDirectory states;
  const ProbeRun run = run_probe(session, request, states.path());
  ASSERT_EQ(run.result.layers.size(), 5U);
  for (const ProbeLayer& layer : run.result.layers) {
    const nlohmann::json& expected = golden[std::to_string(layer.hidden_state.value())];
    const std::vector<std::int64_t> sizes{14, 13, 13};
    for (int fold = 0; fold < 3; ++fold) {
      const double optimum = expected["optimum"][fold];
      EXPECT_NEAR(layer.score.rounds[fold], optimum, 1.0 / sizes[fold] + 1e-9)
          << layer_name(layer) << ", fold " << fold;
    }
    double mean = 0;
    for (const auto& score : expected["optimum"]) mean += score.get<double>() / 3;
    EXPECT_NEAR(layer.score.mean, mean, 1.0 / 40 + 1e-9) << layer_name(layer);
  }
}

}  // namespace
}  // namespace headlens
