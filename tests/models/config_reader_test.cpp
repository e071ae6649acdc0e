#include "headlens/models/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Keeps the JSON that a reader refers to.
struct Config {
  explicit Config(std::string_view text) : json(nlohmann::json::parse(text)) {}
  nlohmann::json json;
  ConfigReader reader{json, "folder/config.json"};
};

template <typename Exception>
auto names(const std::string& key) {
  return ThrowsMessage<Exception>(AllOf(HasSubstr("folder/config.json"), HasSubstr(key)));
}

TEST(ConfigReader, ReadsSizes) {
  const Config config(R"({"n_layer": 12, "n_head": null})");
  EXPECT_EQ(config.reader.size("n_layer"), 12);
  EXPECT_EQ(config.reader.layer_count("n_layer"), 12);
  EXPECT_EQ(config.reader.size_or("n_layer", 3), 12);
  EXPECT_EQ(config.reader.size_or("n_head", 3), 3);
  EXPECT_EQ(config.reader.size_or("absent", 3), 3);
}

TEST(ConfigReader, MissingSizesAreNamed) {
  const Config config(R"({"other": 1})");
  EXPECT_THAT([&] { config.reader.size("n_embd"); }, names<FormatError>("n_embd"));
}

TEST(ConfigReader, SizesOfTheWrongTypeAreNamed) {
  for (const char* value : {"\"12\"", "1.5", "[12]", "{}", "true"}) {
    const Config config(std::string("{\"n_embd\": ") + value + "}");
    EXPECT_THAT([&] { config.reader.size("n_embd"); }, names<FormatError>("n_embd")) << value;
    EXPECT_THAT([&] { config.reader.size_or("n_embd", 1); }, names<FormatError>("n_embd")) << value;
  }
}

TEST(ConfigReader, SizesThatNoModelHasAreRefused) {
  for (const char* value : {"0", "-1", "-9223372036854775808", "2147483649", "9223372036854775807",
                            "18446744073709551615", "1e30"}) {
    const Config config(std::string("{\"n_embd\": ") + value + "}");
    EXPECT_THAT([&] { config.reader.size("n_embd"); }, names<FormatError>("n_embd")) << value;
    EXPECT_THAT([&] { config.reader.size_or("n_embd", 1); }, names<FormatError>("n_embd")) << value;
  }
}

TEST(ConfigReader, LayersAreAtMostSomeThousands) {
  EXPECT_EQ(Config(R"({"n": 4096})").reader.layer_count("n"), 4096);
  EXPECT_THAT([] { Config(R"({"n": 4097})").reader.layer_count("n"); },
              ThrowsMessage<FormatError>("folder/config.json: n is 4097, which no model can have"));
}

TEST(ConfigReader, ReadsOtherKinds) {
  const Config config(R"({"eps": 1e-5, "whole": 2, "on": true, "off": false, "name": "x"})");
  EXPECT_EQ(config.reader.number_or("eps", 7), 1e-5);
  EXPECT_EQ(config.reader.number_or("whole", 7), 2.0);
  EXPECT_EQ(config.reader.number_or("absent", 7), 7.0);
  EXPECT_TRUE(config.reader.flag_or("on", false));
  EXPECT_FALSE(config.reader.flag_or("off", true));
  EXPECT_TRUE(config.reader.flag_or("absent", true));
  EXPECT_EQ(config.reader.text("name"), "x");
  EXPECT_EQ(config.reader.text("absent"), std::nullopt);
  EXPECT_EQ(config.reader.integer("whole"), 2);
  EXPECT_THAT([&] { config.reader.number_or("name", 1); }, names<FormatError>("name"));
  EXPECT_THAT([&] { config.reader.flag_or("whole", true); }, names<FormatError>("whole"));
  EXPECT_THAT([&] { config.reader.text("on"); }, names<FormatError>("on"));
  EXPECT_THAT([&] { config.reader.integer("eps"); }, names<FormatError>("eps"));
}

TEST(ConfigReader, KnowsTransformersNamesOfActivations) {
  const std::pair<const char*, Activation> known[] = {{"gelu", Activation::gelu},
                                                      {"gelu_new", Activation::gelu_tanh},
                                                      {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                      {"gelu_fast", Activation::gelu_tanh},
                                                      {"relu", Activation::relu},
                                                      {"silu", Activation::silu},
                                                      {"swish", Activation::silu},
                                                      {"tanh", Activation::tanh}};
  for (const auto& [name, activation] : known) {
    const Config config(std::string("{\"act\": \"") + name + "\"}");
    EXPECT_EQ(config.reader.activation("act", "relu"), activation) << name;
  }
  EXPECT_EQ(Config("{}").reader.activation("act", "relu"), Activation::relu);
}

TEST(ConfigReader, UnknownActivationsAreAnsweredWithTheKnown) {
  const Config config(R"({"act": "quick_gelu"})");
  EXPECT_THAT([&] { config.reader.activation("act", "relu"); },
              ThrowsMessage<UnsupportedError>(AllOf(HasSubstr("folder/config.json"),
                                                    HasSubstr("\"quick_gelu\" (act)"),
                                                    HasSubstr("gelu_new"), HasSubstr("silu"))));
}

TEST(ConfigReader, LabelsComeInTheOrderOfTheirNumbers) {
  const Config config(R"({"id2label": {"1": "positive", "0": "negative", "2": 5}})");
  EXPECT_THAT(config.reader.labels(), ElementsAre("negative", "positive", "LABEL_2"));
  EXPECT_THAT(Config("{}").reader.labels(), ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_THAT(Config(R"({"num_labels": 3})").reader.labels(),
              ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
  EXPECT_THAT([] { Config(R"({"num_labels": 2000000000})").reader.labels(); },
              names<FormatError>("num_labels"));
}

TEST(ConfigReader, ArchitectureIsTheFirst) {
  EXPECT_EQ(Config(R"({"architectures": ["A", "B"]})").reader.architecture(), "A");
  EXPECT_EQ(Config(R"({"architectures": []})").reader.architecture(), "");
  EXPECT_EQ(Config(R"({"architectures": [7]})").reader.architecture(), "");
  EXPECT_EQ(Config("{}").reader.architecture(), "");
}

}  // namespace
}  // namespace headlens
