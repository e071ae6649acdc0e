#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/models/family.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <typename Exception>
void expect_refused(const ModelFolder& folder, const std::string& fragment) {
  EXPECT_THAT([&] { folder.open(); }, ThrowsMessage<Exception>(HasSubstr(fragment)));
}

TEST(Families, UnknownOnesAreAnsweredWithTheKnown) {
  ModelFolder folder("gpt2");
  folder.config()["model_type"] = "mamba";
  EXPECT_THAT([&] { folder.open(); },
              ThrowsMessage<UnsupportedError>(AllOf(
                  HasSubstr("\"mamba\""), HasSubstr("gpt2"), HasSubstr("gpt_neox"),
                  HasSubstr("llama"), HasSubstr("mistral"), HasSubstr("qwen2"), HasSubstr("qwen3"),
                  HasSubstr("bert"), HasSubstr("roberta"), HasSubstr("distilbert"))));
}

TEST(Families, EachIsFoundByItsName) {
  const auto types = supported_model_types();
  EXPECT_EQ(types.size(), 9u);
  for (const std::string_view type : types) EXPECT_EQ(find_family(type).model_type, type);
}

TEST(Configs, MustSayTheirFamily) {
  ModelFolder folder("gpt2");
  folder.config().erase("model_type");
  expect_refused<FormatError>(folder, folder.config_path());
  expect_refused<FormatError>(folder, "model_type");
}

TEST(Configs, MustBeThereAndBeObjects) {
  const TemporaryDirectory empty;
  EXPECT_THROW(Model::open(empty.path(), Precision::f32), FormatError);
  empty.write("config.json", "[1, 2]");
  EXPECT_THROW(Model::open(empty.path(), Precision::f32), FormatError);
  empty.write("config.json", "{\"model_type\": ");
  EXPECT_THROW(Model::open(empty.path(), Precision::f32), FormatError);
}

struct Bad {
  std::string model, key;
  nlohmann::json value;  ///< null: the key is removed
  std::string fragment;
};

class BadConfig : public testing::TestWithParam<Bad> {};

TEST_P(BadConfig, NamesFileAndProblem) {
  const Bad& bad = GetParam();
  ModelFolder folder(bad.model);
  folder.config()[bad.key] = bad.value;
  if (bad.value.is_null()) folder.config().erase(bad.key);
  EXPECT_THAT(
      [&] { folder.open(); },
      ThrowsMessage<FormatError>(AllOf(HasSubstr(folder.config_path()), HasSubstr(bad.fragment))));
}

const Bad kBad[] = {
    {"gpt2", "n_embd", nullptr, "n_embd"},
    {"gpt2", "n_layer", -3, "n_layer is -3"},
    {"gpt2", "n_layer", 2000000000, "n_layer is 2000000000"},
    {"gpt2", "n_head", "3", "n_head"},
    {"gpt2", "n_head", 1000, "1000 heads do not fit"},
    {"gpt2", "layer_norm_epsilon", -1.0, "epsilon"},
    {"gpt2", "vocab_size", 1099511627776, "vocab_size"},
    {"llama", "num_key_value_heads", 4, "6 heads are not a multiple of 4"},
    {"llama", "hidden_size", nullptr, "hidden_size"},
    {"llama", "intermediate_size", 0, "intermediate_size is 0"},
    {"llama", "head_dim", 2147483648, "2147483648 dimensions"},
    {"llama", "rope_parameters", {{"rope_theta", 0.0}}, "not finite"},
    {"llama", "rope_parameters", {{"rope_type", "linear"}}, "factor"},
    {"llama", "rope_parameters", 3, "rope_parameters"},
    {"mistral", "sliding_window", 0, "sliding_window is 0"},
    {"mistral", "sliding_window", -4, "sliding_window is -4"},
    {"gpt_neox_parallel", "rotary_pct", 2.0, "rotary_pct is 2"},
    {"gpt_neox_parallel", "rotary_pct", -1.0, "rotary_pct is -1"},
    {"roberta_masked_lm", "pad_token_id", -5, "pad_token_id is negative"},
    {"roberta_masked_lm", "pad_token_id", 18, "no room for any position"},
    {"bert_classification", "num_attention_heads", 25, "25 heads do not fit"},
    {"distilbert_masked_lm", "n_heads", true, "n_heads"},
};

INSTANTIATE_TEST_SUITE_P(Each, BadConfig, testing::ValuesIn(kBad), [](const auto& test) {
  return test.param.model + "_" + test.param.key + "_" + std::to_string(test.index);
});

TEST(Configs, UnsupportedSettingsSayWhatIsSupported) {
  ModelFolder llama("llama");
  for (const std::string type : {"longrope", "dynamic"}) {
    llama.config()["rope_parameters"] = {{"rope_type", type}, {"factor", 4.0}};
    expect_refused<UnsupportedError>(llama, "rope scaling \"" + type +
                                                "\" is not supported; supported are default, "
                                                "linear, llama3, yarn");
  }
  ModelFolder gpt2("gpt2");
  gpt2.config()["activation_function"] = "mish";
  expect_refused<UnsupportedError>(gpt2, "activation \"mish\"");
}

}  // namespace
}  // namespace headlens
