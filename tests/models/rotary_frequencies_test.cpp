#include "headlens/models/rotary_frequencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

std::vector<double> frequencies(const nlohmann::json& config, std::int64_t n_dims) {
  return rotary_from_config(ConfigReader(config, "config.json"), n_dims, 10000.0)
      .inverse_frequencies;
}

void expect_geometric(const std::vector<double>& got, double theta, double divisor, int n_pairs) {
  ASSERT_EQ(got.size(), static_cast<std::size_t>(n_pairs));
  for (int i = 0; i < n_pairs; ++i) {
    const double expected = std::exp(-std::log(theta) * i / n_pairs) / divisor;
    EXPECT_NEAR(got[i], expected, 1e-12 * expected) << i;
  }
}

TEST(RotaryFrequencies, FallFromOneToTheInverseOfTheta) {
  expect_geometric(frequencies(nlohmann::json::object(), 64), 10000, 1, 32);
  expect_geometric(frequencies({{"rope_theta", 500000.0}}, 64), 500000, 1, 32);
  expect_geometric(frequencies({{"rotary_emb_base", 777}}, 6), 777, 1, 3);
}

TEST(RotaryFrequencies, NewConfigsKeepThemTogether) {
  const nlohmann::json config{{"rope_theta", 1.0}, {"rope_parameters", {{"rope_theta", 1e6}}}};
  expect_geometric(frequencies(config, 8), 1e6, 1, 4);
}

TEST(RotaryFrequencies, LinearScalingDivides) {
  const nlohmann::json now{{"rope_scaling", {{"rope_type", "linear"}, {"factor", 4.0}}}};
  const nlohmann::json once{{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}};
  expect_geometric(frequencies(now, 16), 10000, 4, 8);
  expect_geometric(frequencies(once, 16), 10000, 4, 8);
}

TEST(RotaryFrequencies, Llama3KeepsShortWavesAndDividesLongOnes) {
  const nlohmann::json config{{"rope_theta", 500000.0},
                              {"rope_scaling",
                               {{"rope_type", "llama3"},
                                {"factor", 8.0},
                                {"low_freq_factor", 1.0},
                                {"high_freq_factor", 4.0},
                                {"original_max_position_embeddings", 8192}}}};
  const auto scaled = frequencies(config, 128);
  const auto plain = frequencies({{"rope_theta", 500000.0}}, 128);
  int kept = 0, divided = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const double wavelength = 2 * M_PI / plain[i];
    const double ratio = plain[i] / scaled[i];
    if (wavelength < 8192.0 / 4) {
      EXPECT_DOUBLE_EQ(ratio, 1.0);
      ++kept;
    } else if (wavelength > 8192.0) {
      EXPECT_NEAR(ratio, 8.0, 1e-12);
      ++divided;
    } else {
      EXPECT_GT(ratio, 1.0);
      EXPECT_LT(ratio, 8.0);
    }
  }
  EXPECT_GT(kept, 10);
  EXPECT_GT(divided, 10);
}

/// tools/make_rope_goldens.py: Transformers' frequencies, which are float32.
TEST(RotaryFrequencies, EqualTransformers) {
  const nlohmann::json cases = read_json(HEADLENS_TEST_DATA "/goldens/rope/scalings.json");
  ASSERT_GE(cases.size(), 15u);
  for (const nlohmann::json& golden : cases) {
    SCOPED_TRACE(golden.at("name"));
    const Rotary rotary = rotary_from_config(ConfigReader(golden.at("config"), "config.json"),
                                             golden.at("dimensions"), 10000.0);
    EXPECT_NEAR(rotary.attention_factor, golden.at("attention_factor"), 1e-14);
    const auto expected = golden.at("inverse_frequencies").get<std::vector<double>>();
    ASSERT_EQ(rotary.inverse_frequencies.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(rotary.inverse_frequencies[i], expected[i], 1e-6 * expected[i]) << i;
    }
  }
}

using Settings = std::map<std::string, nlohmann::json>;

/// A good config of each kind of scaling, with some settings changed.
nlohmann::json config_of(const std::string& type, const Settings& changes) {
  nlohmann::json scaling{{"rope_type", type}, {"factor", 4.0}};
  if (type == "llama3") scaling.update({{"low_freq_factor", 1.0}, {"high_freq_factor", 4.0}});
  for (const auto& [key, value] : changes) scaling[key] = value;
  return {{"max_position_embeddings", 512}, {"rope_theta", 100.0}, {"rope_scaling", scaling}};
}

struct BadScaling {
  std::string type;
  Settings changes;
  std::string fragment;
};

const double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

const BadScaling kBadScalings[] = {
    {"linear", {{"factor", nullptr}}, "factor"},
    {"linear", {{"factor", "4"}}, "factor"},
    {"linear", {{"factor", 0.0}}, "factor is 0, but it must be a positive number"},
    {"linear", {{"factor", -2.0}}, "factor is -2"},
    {"linear", {{"factor", kNan}}, "factor is nan"},
    {"llama3", {{"factor", -8.0}}, "factor is -8"},
    {"llama3", {{"low_freq_factor", 0.0}}, "low_freq_factor is 0"},
    {"llama3", {{"high_freq_factor", 1.0}}, "high_freq_factor 1 must be above low_freq_factor 1"},
    {"llama3", {{"original_max_position_embeddings", -1}}, "embeddings is -1"},
    {"yarn", {{"factor", nullptr}}, "factor"},
    {"yarn", {{"factor", 0}}, "factor is 0"},
    {"yarn", {{"factor", kInfinity}}, "factor is inf"},
    {"yarn", {{"beta_fast", -32}}, "beta_fast is -32"},
    {"yarn", {{"beta_slow", 0}}, "beta_slow is 0"},
    {"yarn", {{"original_max_position_embeddings", 0}}, "embeddings is 0"},
    {"yarn", {{"attention_factor", -1.0}}, "attention_factor is -1"},
    {"yarn", {{"attention_factor", kNan}}, "attention_factor is nan"},
    {"yarn", {{"mscale", -20.0}, {"mscale_all_dim", 1.0}}, "mscale and mscale_all_dim is -"},
    {"yarn", {{"mscale", 1.0}, {"mscale_all_dim", kNan}}, "mscale and mscale_all_dim is nan"},
    {"yarn", {{"rope_theta", 1.0}}, "rope_theta is 1, but it must be above 1"},
    {"yarn", {{"rope_theta", kNan}}, "rope_theta is nan"},
    {"yarn", {{"truncate", "no"}}, "truncate"},
};

TEST(RotaryFrequencies, NumbersThatScaleNothingAreRefused) {
  for (const std::string type : {"linear", "llama3", "yarn"}) {
    EXPECT_NO_THROW(frequencies(config_of(type, {}), 8)) << type;
  }
  for (const BadScaling& bad : kBadScalings) {
    const nlohmann::json config = config_of(bad.type, bad.changes);
    EXPECT_THAT([&] { frequencies(config, 8); },
                testing::ThrowsMessage<FormatError>(testing::AllOf(
                    testing::HasSubstr("config.json"), testing::HasSubstr(bad.fragment),
                    testing::Not(testing::HasSubstr("\n")))))
        << config;
  }
}

TEST(RotaryFrequencies, NoDimensionsHaveNone) {
  EXPECT_TRUE(frequencies(nlohmann::json::object(), 0).empty());
}

}  // namespace
}  // namespace headlens
