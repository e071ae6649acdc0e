#include "headlens/models/gguf_rope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "headlens/base/errors.h"
#include "headlens/models/rotary_frequencies.h"
#include "tests/models/gguf_bytes.h"

namespace headlens {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// The metadata of a Llama as it stands in a file without tensors.
class Metadata {
 public:
  Metadata() { text("general.architecture", "llama"); }

  Metadata& number(const std::string& key, float value) {
    string("llama.rope." + key);
    append(std::uint32_t{6});
    append(value);
    ++n_values_;
    return *this;
  }
  Metadata& type(const std::string& value) { return text("llama.rope.scaling.type", value); }

  /// What add_rope_settings() makes of it.
  json config() const {
    std::string bytes = "GGUF";
    const std::uint32_t version = 3;
    const std::uint64_t counts[] = {0, n_values_};
    bytes.append(reinterpret_cast<const char*>(&version), sizeof version);
    bytes.append(reinterpret_cast<const char*>(counts), sizeof counts);
    bytes += values_;
    const GgufFile file = parse_gguf(std::as_bytes(std::span(bytes)), "some.gguf");
    json config{{"max_position_embeddings", 512}};
    add_rope_settings(config, ArchitectureKeys(file));
    return config;
  }

  Rotary rotary() const {
    const json settings = config();
    return rotary_from_config(ConfigReader(settings, "some.gguf"), 8, 1.0);
  }

 private:
  template <typename T>
  void append(T value) {
    values_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void string(const std::string& value) {
    append(static_cast<std::uint64_t>(value.size()));
    values_ += value;
  }
  Metadata& text(const std::string& key, const std::string& value) {
    string(key);
    append(std::uint32_t{8});
    string(value);
    ++n_values_;
    return *this;
  }

  std::string values_;
  std::uint64_t n_values_ = 0;
};

TEST(GgufRope, WithoutScalingThereIsOnlyTheta) {
  EXPECT_EQ(Metadata().config().at("rope_theta"), 10000.0);
  const json config = Metadata().number("freq_base", 500.0f).type("none").config();
  EXPECT_EQ(config.at("rope_theta"), 500.0);
  EXPECT_FALSE(config.contains("rope_scaling"));
  EXPECT_FALSE(
      Metadata().number("scaling.factor", 4).type("none").config().contains("rope_scaling"));
}

TEST(GgufRope, AFactorAloneIsLinear) {
  const json linear{{"rope_type", "linear"}, {"factor", 4.0}};
  EXPECT_EQ(Metadata().type("linear").number("scaling.factor", 4).config()["rope_scaling"], linear);
  EXPECT_EQ(Metadata().number("scaling.factor", 4).config()["rope_scaling"], linear);
  EXPECT_EQ(Metadata().number("scale_linear", 4).config()["rope_scaling"], linear);
}

TEST(GgufRope, YarnHasTheSettingsOfItsConfig) {
  const json config = Metadata()
                          .type("yarn")
                          .number("scaling.factor", 4)
                          .number("scaling.original_context_length", 128)
                          .number("scaling.yarn_attn_factor", 1.5)
                          .number("scaling.yarn_beta_fast", 16)
                          .number("scaling.yarn_beta_slow", 2)
                          .number("scaling.yarn_log_multiplier", 0.5)
                          .number("scaling.yarn_ext_factor", 1)
                          .config();
  const json expected{{"rope_type", "yarn"},
                      {"factor", 4.0},
                      {"original_max_position_embeddings", 128.0},
                      {"attention_factor", 1.5},
                      {"beta_fast", 16.0},
                      {"beta_slow", 2.0},
                      {"mscale", 1.0},
                      {"mscale_all_dim", 0.5}};
  EXPECT_EQ(config.at("rope_scaling"), expected);
}

TEST(GgufRope, WhatNoConfigExpressesIsRefused) {
  EXPECT_THAT(
      [] { Metadata().type("longrope").number("scaling.factor", 4).rotary(); },
      ThrowsMessage<UnsupportedError>(AllOf(HasSubstr("some.gguf"), HasSubstr("\"longrope\""),
                                            HasSubstr("linear, llama3, yarn"))));
  for (const std::string key : {"scaling.attn_factor", "scaling.yarn_ext_factor"}) {
    EXPECT_NO_THROW(Metadata().number(key, 1).config());
    EXPECT_THAT([&] { Metadata().number(key, 0.5f).config(); },
                ThrowsMessage<UnsupportedError>(
                    AllOf(HasSubstr("some.gguf"), HasSubstr("llama.rope." + key + " is 0.5"))));
  }
}

TEST(GgufRope, NumbersThatScaleNothingAreRefused) {
  for (const float bad : {0.0f, -2.0f, kNan, std::numeric_limits<float>::infinity()}) {
    for (const std::string type : {"linear", "yarn"}) {
      EXPECT_THAT([&] { Metadata().type(type).number("scaling.factor", bad).rotary(); },
                  ThrowsMessage<FormatError>(
                      AllOf(HasSubstr("some.gguf"), HasSubstr("factor is"), Not(HasSubstr("\n")))));
    }
    for (const std::string key : {"scaling.original_context_length", "scaling.yarn_attn_factor",
                                  "scaling.yarn_beta_fast", "scaling.yarn_beta_slow"}) {
      const auto open = [&] {
        Metadata().type("yarn").number("scaling.factor", 4).number(key, bad).rotary();
      };
      EXPECT_THAT(open, ThrowsMessage<FormatError>(HasSubstr("must be a positive number"))) << key;
    }
  }
}

class RopeFreqs : public testing::Test {
 protected:
  /// Where the four numbers lie.
  std::size_t numbers() {
    const GgufFile file =
        parse_gguf(std::as_bytes(std::span(model_.bytes())), "gguf_llama_llama3_rope");
    const auto bytes = file.checkpoint().at("rope_freqs.weight").bytes;
    EXPECT_EQ(bytes.size(), 4 * sizeof(float));
    return bytes.data() - std::as_bytes(std::span(model_.bytes())).data();
  }

  void expect_refused(const std::string& fragment) {
    EXPECT_THAT([&] { model_.open(); }, ThrowsMessage<FormatError>(AllOf(
                                            HasSubstr("model.gguf"), HasSubstr("rope_freqs.weight"),
                                            HasSubstr(fragment), Not(HasSubstr("\n")))));
  }

  GgufBytes model_{"gguf_llama_llama3_rope"};
};

/// Theta is 100 and a head has 8 dimensions, of 4 pairs.
TEST_F(RopeFreqs, DivideEachFrequency) {
  const float divisors[] = {1.0f, 3.0f, 0.5f, 1024.0f};
  for (int i = 0; i < 4; ++i) model_.put(numbers() + i * sizeof(float), divisors[i]);
  const auto model = model_.open();
  for (const BlockSpec& block : model->spec().blocks) {
    ASSERT_EQ(block.rotary->inverse_frequencies.size(), 4u);
    for (int i = 0; i < 4; ++i) {
      const double expected = std::exp(-std::log(100.0) * i / 4) / divisors[i];
      EXPECT_NEAR(block.rotary->inverse_frequencies[i], expected, 1e-12 * expected);
    }
  }
}

TEST_F(RopeFreqs, AreOneAPair) {
  const std::string name = "rope_freqs.weight";
  model_.put(model_.find(name) + name.size() + sizeof(std::uint32_t), std::uint64_t{3});
  expect_refused("asks for shape [4], the file has [3]");
}

TEST_F(RopeFreqs, ArePositive) {
  const std::size_t third = numbers() + 2 * sizeof(float);
  for (const float bad : {0.0f, -1.0f, kNan, std::numeric_limits<float>::infinity()}) {
    model_.put(third, bad);
    expect_refused("number 2 is ");
  }
}

TEST_F(RopeFreqs, OfAlmostNothingGiveNoFrequency) {
  model_.put(numbers(), 1e-44f);
  EXPECT_THAT([&] { model_.open(); }, ThrowsMessage<FormatError>(HasSubstr("not finite")));
}

TEST_F(RopeFreqs, BelongToModelsThatRotate) {
  GgufBytes gpt2("gguf_gpt2_f32");
  gpt2.rename("blk.0.ffn_up.bias", "rope_freqs.weight");
  EXPECT_THAT([&] { gpt2.open(); },
              ThrowsMessage<FormatError>(HasSubstr("models of this kind have no rotary")));
}

}  // namespace
}  // namespace headlens
