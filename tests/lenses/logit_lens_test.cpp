#include "headlens/lenses/logit_lens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "tests/lenses/word_models.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr int kVocabulary = 64;
constexpr double kTolerance = 1e-4;

/// What Transformers computes in float64 (tools/make_lens_goldens.py).
struct Golden {
  explicit Golden(const std::string& name)
      : tensors(read_safetensors(std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/lenses" /
                                 (name + ".safetensors"))) {}

  Tensor get(const std::string& name) const { return ParityModel::decode(tensors.at(name)); }
  std::vector<std::int32_t> integers(const std::string& name) const {
    if (tensors.find(name) == nullptr) return {};
    const Tensor values = get(name);
    return {values.values().begin(), values.values().end()};
  }
  Prompt prompt() const {
    return prompt_of({.ids = integers("input_ids"), .type_ids = integers("token_type_ids")});
  }

  Checkpoint tensors;
};

/// Adds up how far a cell with all tokens of the vocabulary lies from the golden distribution.
double distance(const LensCell& cell, const float* log_probabilities) {
  double largest = cell.top.size() == kVocabulary ? 0 : INFINITY;
  for (const Prediction& prediction : cell.top) {
    const double expected = std::exp(static_cast<double>(log_probabilities[prediction.id]));
    largest = std::max(largest, std::abs(prediction.probability - expected));
  }
  return largest;
}

bool is_ordered(const std::vector<Prediction>& top) {
  return std::ranges::is_sorted(top, [](const Prediction& a, const Prediction& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  });
}

class LogitLens : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  std::string name() const { return std::get<0>(GetParam()); }
  bool final_norm() const { return std::get<1>(GetParam()); }
  std::string prefix() const { return final_norm() ? "norm." : "raw."; }
};

TEST_P(LogitLens, EveryLayerAndPositionEqualsTransformers) {
  WordModel model(name());
  const Golden golden(name());
  const LensResult lens =
      logit_lens(model.session(), golden.prompt(),
                 {.top_k = kVocabulary, .final_norm = final_norm(), .all_positions = true});
  const Tensor log_p = golden.get(prefix() + "log_probabilities");
  const Tensor entropy = golden.get(prefix() + "entropy_nats");
  const Tensor kl = golden.get(prefix() + "kl_to_final_nats");
  ASSERT_EQ(static_cast<std::int64_t>(lens.cells_LP.size()), log_p.size(0));
  ASSERT_EQ(static_cast<std::int64_t>(lens.positions.size()), log_p.size(1));
  for (std::int64_t layer = 0; layer < log_p.size(0); ++layer) {
    for (std::int64_t position = 0; position < log_p.size(1); ++position) {
      const std::int64_t row = layer * log_p.size(1) + position;
      const LensCell& cell = lens.cells_LP[layer][position];
      SCOPED_TRACE(testing::Message() << "layer " << layer << ", position " << position);
      EXPECT_LT(distance(cell, log_p.data() + row * kVocabulary), kTolerance);
      EXPECT_TRUE(is_ordered(cell.top));
      EXPECT_NEAR(cell.entropy_nats, entropy.data()[row], kTolerance);
      EXPECT_NEAR(cell.kl_to_final_nats, kl.data()[row],
                  kTolerance * std::max(1.0f, kl.data()[row] / 10));
    }
  }
}

TEST_P(LogitLens, LastLayerIsTheModelsOwnOutput) {
  WordModel model(name());
  const Prompt prompt = Golden(name()).prompt();
  const LensResult lens =
      logit_lens(model.session(), prompt,
                 {.top_k = kVocabulary, .final_norm = final_norm(), .all_positions = true});
  const RunOutput run = model.session().run({prompt.sequence});
  for (std::size_t position = 0; position < lens.positions.size(); ++position) {
    const LensCell& cell = lens.cells_LP.back()[position];
    EXPECT_EQ(cell.kl_to_final_nats, 0);
    for (const Prediction& prediction : cell.top) {
      EXPECT_NEAR(prediction.logit, run.logits.data()[position * kVocabulary + prediction.id],
                  1e-5);
    }
  }
}

TEST_P(LogitLens, ScreeningFindsTheSameTokens) {
  WordModel model(name());
  LogitLensOptions options{.final_norm = final_norm(), .all_positions = true};
  const Prompt prompt = Golden(name()).prompt();
  const LensResult exact = logit_lens(model.session(), prompt, options);
  options.products = VocabularyProducts::bf16_screened;
  const LensResult screened = logit_lens(model.session(), prompt, options);
  for (std::size_t layer = 0; layer < exact.layers.size(); ++layer) {
    for (std::size_t position = 0; position < exact.positions.size(); ++position) {
      const auto& a = exact.cells_LP[layer][position].top;
      const auto& b = screened.cells_LP[layer][position].top;
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].id, b[i].id);
        EXPECT_NEAR(a[i].logit, b[i].logit, 1e-5);
        EXPECT_NEAR(a[i].probability, b[i].probability, 0.02);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, LogitLens,
                         testing::Combine(testing::Values("gpt2", "gpt_neox_parallel", "llama",
                                                          "llama_llama3_rope", "qwen3",
                                                          "bert_masked_lm", "distilbert_masked_lm",
                                                          "roberta_masked_lm"),
                                          testing::Bool()),
                         [](const auto& test) {
                           return std::get<0>(test.param) +
                                  (std::get<1>(test.param) ? "_norm" : "_raw");
                         });

TEST(LogitLensPositions, AreTheLastOneUnlessAskedFor) {
  WordModel model("gpt2");
  const Prompt prompt = Golden("gpt2").prompt();
  const LensResult lens = logit_lens(model.session(), prompt);
  EXPECT_THAT(lens.positions, ElementsAre(10));
  EXPECT_THAT(lens.layers, ElementsAre(0, 1, 2));
}

TEST(LogitLensPositions, NegativeOnesCountFromTheEnd) {
  WordModel model("gpt2");
  const Prompt prompt = Golden("gpt2").prompt();
  const LensResult all = logit_lens(model.session(), prompt, {.all_positions = true});
  const LensResult some = logit_lens(model.session(), prompt, {.positions = {-1, 3, -11}});
  EXPECT_THAT(some.positions, ElementsAre(10, 3, 0));
  for (std::size_t i = 0; i < some.positions.size(); ++i) {
    const LensCell& expected = all.cells_LP[1][some.positions[i]];
    EXPECT_EQ(some.cells_LP[1][i].top[0].id, expected.top[0].id);
    EXPECT_NEAR(some.cells_LP[1][i].entropy_nats, expected.entropy_nats, 1e-5);
  }
}

TEST(LogitLensPositions, BeyondThePromptAreRefused) {
  WordModel model("gpt2");
  const Prompt prompt = Golden("gpt2").prompt();
  for (const int position : {11, -12, 2147483647, -2147483647 - 1}) {
    EXPECT_THAT(
        [&] {
          logit_lens(model.session(), prompt, {.positions = {0, position}});
        },
        ThrowsMessage<UsageError>(HasSubstr("position " + std::to_string(position) +
                                            " does not exist: the prompt has 11 tokens, 0 to 10")));
  }
}

TEST(LogitLensTopK, IsFromOneToTheVocabulary) {
  WordModel model("gpt2");
  const Prompt prompt = Golden("gpt2").prompt();
  for (const int top_k : {0, -1, kVocabulary + 1, 2147483647}) {
    EXPECT_THAT([&] { logit_lens(model.session(), prompt, {.top_k = top_k}); },
                ThrowsMessage<UsageError>(HasSubstr("top-k must be from 1 to 64")));
  }
  EXPECT_EQ(logit_lens(model.session(), prompt, {.top_k = 1}).cells_LP[0][0].top.size(), 1u);
}

TEST(LogitLensModels, WithoutAVocabularyHeadAreRefused) {
  for (const char* name : {"bert", "bert_classification", "distilbert_classification"}) {
    WordModel model(name);
    EXPECT_THAT(
        [&] {
          logit_lens(model.session(), prompt_of({.ids = {5, 6, 7}}));
        },
        ThrowsMessage<UnsupportedError>(HasSubstr("has no vocabulary head")))
        << name;
  }
}

TEST(LogitLensTokens, AreTheTokenizersText) {
  WordModel model("gpt2");
  const LensResult lens = logit_lens(model.session(), Golden("gpt2").prompt());
  for (const Prediction& prediction : lens.cells_LP[2][0].top) {
    EXPECT_EQ(prediction.token, "w" + std::to_string(prediction.id));
  }
}

}  // namespace
}  // namespace headlens
