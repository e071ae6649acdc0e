#include "headlens/probing/amnesic_study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/probing/amnesic_run.h"
#include "headlens/probing/probe_split.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

const std::vector<std::string> kTrain{"the cat a", "a dog mats", "mats the", "ox a the cat",
                                      "cats ox a", "the ox",     "a the ox", "dogs a cat"};
const std::vector<std::string> kTest{"a cat the ox", "the dogs", "ox mats a"};

class AmnesicStudyTest : public ::testing::TestWithParam<std::string> {
 protected:
  AmnesicStudyTest() {
    write_tiny_model(model_, GetParam());
    session_.emplace(Session::open(model_.path().string()));
    for (int layer = 0; layer <= session_->spec().n_layers(); ++layer) {
      harvest_.sites.push_back(hidden_state_site(session_->spec(), layer));
    }
    ListedCorpus train = length_corpus(kTrain), test = length_corpus(kTest);
    std::vector<Harvest> parts;
    parts.push_back(harvested(*session_, train, harvest_, train_.path()));
    parts.push_back(harvested(*session_, test, harvest_, test_.path()));
    data_.emplace(std::move(parts));
    split_ = split_by_part(*data_);
  }

  std::vector<AmnesicSentence> sentences(AmnesicPlaces places) const {
    ListedCorpus test = length_corpus(kTest);
    return read_amnesic_sentences(*session_, test,
                                  {.places = places,
                                   .column = "length",
                                   .classes = data_->classes(),
                                   .harvest = harvest_,
                                   .mask_share = 0.3,
                                   .seed = 3});
  }

  AmnesicStudyOptions options() const {
    return {.layers = {0, 1, 2}, .random_erasers = 2, .seed = 5, .resamples = 200};
  }

  AmnesicResult study(const std::vector<AmnesicSentence>& sentences,
                      const AmnesicStudyOptions& options) {
    return study_amnesic(*session_, *data_, split_.train, split_.test, sentences, options);
  }

  /// Loss, accuracy and KL of whole runs in which a hook changes the states of a layer.
  template <typename Change>
  AmnesicMeasure hooked(const std::vector<AmnesicSentence>& sentences, int layer,
                        const Change& change) {
    AmnesicMeasure sum;
    double tokens = 0;
    for (const AmnesicSentence& sentence : sentences) {
      HookSet hooks;
      hooks.edit(hidden_state_site(session_->spec(), layer), [&](Tensor& value) {
        for (std::size_t i = 0; i < sentence.positions.size(); ++i) {
          change(value.data() + sentence.positions[i] * value.size(2), sentence.labels[i]);
        }
      });
      const Tensor base = session_->run({sentence.tokens}).logits;
      const Tensor edited = session_->run_with_hooks({sentence.tokens}, hooks).logits;
      for (std::size_t q = 0; q < sentence.question.positions.size(); ++q) {
        const std::vector<double> p = log_probabilities(base, sentence.question.positions[q]);
        const std::vector<double> here = log_probabilities(edited, sentence.question.positions[q]);
        const std::int32_t answer = sentence.question.answer[q];
        sum.loss_nats -= here[answer];
        sum.accuracy += std::ranges::max(here) == here[answer] ? 1 : 0;
        for (std::size_t v = 0; v < p.size(); ++v) sum.kl_nats += std::exp(p[v]) * (p[v] - here[v]);
        ++tokens;
      }
    }
    return {sum.loss_nats / tokens, sum.accuracy / tokens, sum.kl_nats / tokens};
  }

  static std::vector<double> log_probabilities(const Tensor& logits, std::int64_t position) {
    const std::int64_t n = logits.size(2);
    std::vector<double> row(logits.data() + position * n, logits.data() + (position + 1) * n);
    double sum = 0;
    for (const double value : row) sum += std::exp(value);
    for (double& value : row) value -= std::log(sum);
    return row;
  }

  static void expect_same(const AmnesicMeasure& found, const AmnesicMeasure& expected) {
    EXPECT_NEAR(found.loss_nats, expected.loss_nats, 1e-4 * expected.loss_nats);
    EXPECT_DOUBLE_EQ(found.accuracy, expected.accuracy);
    EXPECT_NEAR(found.kl_nats, expected.kl_nats, 1e-4 * std::max(1.0, expected.kl_nats));
  }

  TemporaryDirectory model_, train_, test_;
  std::optional<Session> session_;
  HarvestOptions harvest_;
  std::optional<ProbeData> data_;
  ProbeSplit split_;
};

/// Every condition of every layer beside whole runs with hooks, for erasers that are fitted again.
TEST_P(AmnesicStudyTest, IsWholeRunsWithTheStatesErased) {
  for (const AmnesicPlaces places : {AmnesicPlaces::tokens, AmnesicPlaces::words}) {
    const std::vector<AmnesicSentence> asked = sentences(places);
    const AmnesicResult result = study(asked, options());
    expect_same(result.base, hooked(asked, 0, [](float*, std::int32_t) {}));
    ASSERT_EQ(result.layers.size(), 3u);
    for (const AmnesicLayer& layer : result.layers) {
      const Tensor states = data_->states(layer.layer);
      const Tensor train = gather_rows(states.view<2>(), split_.train);
      const Tensor test = gather_rows(states.view<2>(), split_.test);
      std::vector<std::int32_t> labels, test_labels;
      for (const std::int64_t row : split_.train) labels.push_back(data_->labels()[row]);
      for (const std::int64_t row : split_.test) test_labels.push_back(data_->labels()[row]);
      const LayerErasers erasers =
          fit_layer_erasers({train.view<2>(), labels}, {test.view<2>(), test_labels},
                            {.random_erasers = 2,
                             .seed = 5,
                             .n_classes = static_cast<std::int32_t>(data_->classes().size())});
      const LinearEraser& eraser = *erasers.concept_eraser;
      EXPECT_EQ(layer.rank, std::ssize(data_->classes()) - 1);
      EXPECT_EQ(eraser.rank, layer.rank);
      expect_same(layer.erased,
                  hooked(asked, layer.layer, [&](float* row, std::int32_t) { eraser.apply(row); }));
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(erasers.random[i]->rank, eraser.rank);
        expect_same(layer.random[i], hooked(asked, layer.layer, [&](float* row, std::int32_t) {
                      erasers.random[i]->apply(row);
                    }));
      }
      // Given back: what the eraser takes of the class's own mean.
      const auto restore = [&](float* row, std::int32_t label) {
        eraser.apply(row);
        if (label < 0) return;
        std::vector<float> mean(eraser.width());
        double count = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
          if (labels[i] != label) continue;
          ++count;
          for (std::int64_t j = 0; j < eraser.width(); ++j) {
            mean[j] += train.data()[i * eraser.width() + j];
          }
        }
        for (float& value : mean) value /= static_cast<float>(count);
        std::vector<float> left = mean;
        eraser.apply(left.data());
        for (std::int64_t j = 0; j < eraser.width(); ++j) row[j] += mean[j] - left[j];
      };
      expect_same(layer.restored, hooked(asked, layer.layer, restore));
    }
  }
}

TEST_P(AmnesicStudyTest, DifferencesAreOfTheMeasures) {
  const AmnesicResult result = study(sentences(AmnesicPlaces::tokens), options());
  EXPECT_GT(result.predicted_tokens, 0);
  EXPECT_EQ(result.sentences, 3);
  EXPECT_EQ(result.train_words, std::ssize(split_.train));
  for (const AmnesicLayer& layer : result.layers) {
    EXPECT_NEAR(layer.over_base.mean_nats, layer.erased.loss_nats - result.base.loss_nats, 1e-9);
    EXPECT_NEAR(layer.over_random.mean_nats, layer.erased.loss_nats - mean_random(layer).loss_nats,
                1e-9);
    EXPECT_NEAR(layer.over_restored.mean_nats, layer.erased.loss_nats - layer.restored.loss_nats,
                1e-9);
    EXPECT_LE(layer.over_random.low_nats, layer.over_random.mean_nats + 1e-9);
    EXPECT_GE(layer.over_random.high_nats, layer.over_random.mean_nats - 1e-9);
    EXPECT_GE(layer.over_random.p_holm, layer.over_random.p);
    EXPECT_GT(layer.change, 0);
    EXPECT_GT(layer.erased.kl_nats, 0);
  }
}

TEST_P(AmnesicStudyTest, GoesOnFromItsLog) {
  const TemporaryDirectory folder;
  AmnesicStudyOptions logged = options();
  logged.log = folder.path() / "amnesic.log";
  const std::vector<AmnesicSentence> asked = sentences(AmnesicPlaces::tokens);
  const AmnesicResult whole = study(asked, options());
  study(asked, logged);
  // The header, the base and the first layer are kept; the rest is lost.
  std::string text = read_file(logged.log);
  std::size_t end = 0;
  for (int line = 0; line < 3; ++line) end = text.find('\n', end) + 1;
  folder.write("amnesic.log", text.substr(0, end + 10));
  const AmnesicResult again = study(asked, logged);
  EXPECT_EQ(read_file(logged.log), text);
  for (std::size_t i = 0; i < whole.layers.size(); ++i) {
    EXPECT_EQ(again.layers[i].erased.loss_nats, whole.layers[i].erased.loss_nats);
    EXPECT_EQ(again.layers[i].over_random.p, whole.layers[i].over_random.p);
  }
  logged.seed = 6;
  EXPECT_THAT([&] { study(asked, logged); }, refuses_with<UsageError>("other work"));
}

TEST_P(AmnesicStudyTest, InlpTakesAwayOrthogonalDirections) {
  AmnesicStudyOptions inlp = options();
  inlp.method = ErasureMethod::inlp;
  inlp.inlp_rounds = 2;
  inlp.layers = {1};
  const AmnesicResult result = study(sentences(AmnesicPlaces::tokens), inlp);
  EXPECT_EQ(result.method, "inlp");
  EXPECT_GT(result.layers[0].rank, 0);
  EXPECT_EQ(result.layers[0].random.size(), 2u);
}

TEST_P(AmnesicStudyTest, RefusesWhatMakesNoSense) {
  const std::vector<AmnesicSentence> asked = sentences(AmnesicPlaces::tokens);
  AmnesicStudyOptions none = options();
  none.layers = {};
  EXPECT_THAT([&] { study(asked, none); }, refuses_with<UsageError>("no layer"));
  none.layers = {1, 1};
  EXPECT_THAT([&] { study(asked, none); }, refuses_with<UsageError>("twice"));
  EXPECT_THAT([&] { study_amnesic(*session_, *data_, {}, split_.test, asked, options()); },
              refuses_with<UsageError>("words to learn"));
}

INSTANTIATE_TEST_SUITE_P(Models, AmnesicStudyTest, ::testing::Values("gpt2", "bert_masked_lm"),
                         [](const auto& test) { return test.param; });

class AmnesicSentencesTest : public ::testing::Test {
 protected:
  std::vector<AmnesicSentence> read(const std::string& model, AmnesicPlaces places) {
    write_tiny_model(folder_, model);
    const Session session = Session::open(folder_.path().string());
    ListedCorpus corpus = length_corpus({"the cat", "a"});
    return read_amnesic_sentences(session, corpus,
                                  {.places = places, .column = "length", .classes = {"1", "3"}});
  }
  TemporaryDirectory folder_;
};

TEST_F(AmnesicSentencesTest, ACausalModelIsAskedForWhatFollows) {
  // "the", " ", "ca", "t" of some kind: "a" alone asks for nothing and is left out.
  const auto tokens = read("gpt2", AmnesicPlaces::tokens);
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_THAT(tokens[0].positions, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(tokens[0].labels, ElementsAre(1, -1, 1, 1)) << "a space alone is of no word";
  EXPECT_THAT(tokens[0].question.positions, ElementsAre(0, 1, 2));
  EXPECT_EQ(tokens[0].question.answer,
            std::vector(tokens[0].tokens.ids.begin() + 1, tokens[0].tokens.ids.end()));
}

TEST_F(AmnesicSentencesTest, WordsAreTheTokensThatStatesComeFrom) {
  const auto words = read("gpt2", AmnesicPlaces::words);
  EXPECT_THAT(words.at(0).positions, ElementsAre(0, 3));
}

TEST_F(AmnesicSentencesTest, AMaskedModelIsAskedForMasksWhoseLabelsAreNotTold) {
  const auto sentences = read("bert_masked_lm", AmnesicPlaces::tokens);
  ASSERT_EQ(sentences.size(), 2u);
  for (const AmnesicSentence& sentence : sentences) {
    EXPECT_EQ(sentence.positions.front(), 1) << "[CLS] stands for no text";
    EXPECT_EQ(sentence.positions.back(), std::ssize(sentence.tokens.ids) - 2);
    ASSERT_EQ(sentence.question.positions.size(), 1u);
    const std::int64_t asked = sentence.question.positions[0];
    EXPECT_EQ(sentence.tokens.ids[asked], 4) << "[MASK]";
    EXPECT_NE(sentence.question.answer[0], 4);
    for (std::size_t i = 0; i < sentence.positions.size(); ++i) {
      EXPECT_EQ(sentence.labels[i] < 0, sentence.positions[i] == asked);
    }
  }
}

TEST_F(AmnesicSentencesTest, ModelsThatPredictNothingAreRefused) {
  EXPECT_THAT([&] { read("bert", AmnesicPlaces::tokens); },
              refuses_with<UnsupportedError>("predicts no tokens"));
}

}  // namespace
}  // namespace headlens
