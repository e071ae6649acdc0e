#include "headlens/models/rotary_frequencies.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

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

TEST(RotaryFrequencies, NoDimensionsHaveNone) {
  EXPECT_TRUE(frequencies(nlohmann::json::object(), 0).empty());
}

}  // namespace
}  // namespace headlens
