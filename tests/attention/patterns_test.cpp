#include "headlens/attention/patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "headlens/base/errors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Prompt prompt_of(const TokenSequence& sequence) {
  Prompt prompt{.sequence = sequence, .tokens = {}};
  for (const std::int32_t id : sequence.ids)
    prompt.tokens.tokens.push_back({.id = id, .piece = "w", .text = "w"});
  return prompt;
}

std::span<const float> layer_of(const AttentionResult& result, std::int64_t index) {
  const std::int64_t size = result.pattern_LHQK.element_count() / result.pattern_LHQK.size(0);
  return {result.pattern_LHQK.data() + index * size, static_cast<std::size_t>(size)};
}

class AttentionPatterns : public testing::TestWithParam<std::string> {};

TEST_P(AttentionPatterns, EqualTransformersInEveryLayer) {
  ParityModel model(GetParam());
  const int n_layers = model.session().spec().n_layers();
  for (const int index : {0, 1}) {
    const Prompt prompt = prompt_of(model.sequence(index));
    const AttentionResult result = attention_patterns(model.session(), prompt);
    ASSERT_EQ(static_cast<int>(result.layers.size()), n_layers);
    ASSERT_EQ(result.pattern_LHQK.size(0), n_layers);
    for (int layer = 0; layer < n_layers; ++layer) {
      EXPECT_EQ(result.layers[layer], layer);
      const Tensor expected =
          model.expected("seq" + std::to_string(index) + ".attentions." + std::to_string(layer));
      EXPECT_EQ(result.pattern_LHQK.size(1), expected.size(0));
      EXPECT_LT(largest_difference(layer_of(result, layer), expected.values()), 1e-5);
    }
  }
}

TEST_P(AttentionPatterns, RowsSumToOne) {
  ParityModel model(GetParam());
  const AttentionResult result = attention_patterns(model.session(), prompt_of(model.sequence(0)));
  const std::int64_t n = result.pattern_LHQK.size(3);
  for (std::int64_t row = 0; row < result.pattern_LHQK.element_count() / n; ++row) {
    const float* weights = result.pattern_LHQK.data() + row * n;
    EXPECT_NEAR(std::accumulate(weights, weights + n, 0.0), 1.0, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, AttentionPatterns, testing::ValuesIn(ParityModel::names()),
                         [](const auto& test) { return test.param; });

void expect_layers(std::string_view name, const std::vector<int>& asked,
                   const std::vector<int>& given) {
  ParityModel model{std::string(name)};
  const Prompt prompt = prompt_of(model.sequence(0));
  const AttentionResult all = attention_patterns(model.session(), prompt);
  const AttentionResult some = attention_patterns(model.session(), prompt, asked);
  EXPECT_EQ(some.layers, given);
  ASSERT_EQ(some.pattern_LHQK.size(0), static_cast<std::int64_t>(given.size()));
  for (std::size_t i = 0; i < given.size(); ++i) {
    EXPECT_LT(largest_difference(layer_of(some, i), layer_of(all, given[i])), 1e-6);
  }
}

TEST(AttentionLayers, ComeInTheOrderAskedFor) {
  expect_layers("gpt2_inverse_layer_scale", {2, 0}, {2, 0});
}

TEST(AttentionLayers, ComeOnceHoweverOftenTheyAreListed) {
  expect_layers("llama", {1, 0, 1, 0}, {1, 0});
}

TEST(AttentionLayers, ThatDoNotExistAreRefused) {
  ParityModel model("gpt2");
  const Prompt prompt = prompt_of(model.sequence(0));
  for (const int layer : {2, -1, 2147483647}) {
    EXPECT_THAT(
        [&] {
          attention_patterns(model.session(), prompt, {0, layer});
        },
        ThrowsMessage<UsageError>(HasSubstr("layer " + std::to_string(layer) +
                                            " does not exist: gpt2 has layers 0 to 1")));
  }
}

TEST(AttentionResultOrigin, IsRecorded) {
  ParityModel model("gpt2");
  const AttentionResult result = attention_patterns(model.session(), prompt_of(model.sequence(0)));
  EXPECT_EQ(result.provenance.model_family, "gpt2");
  EXPECT_EQ(result.provenance.precision, "f32");
  EXPECT_EQ(result.provenance.model_sha256.size(), 64u);
  EXPECT_EQ(result.prompt.tokens.size(), 11u);
}

}  // namespace
}  // namespace headlens
