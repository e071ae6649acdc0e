#include "headlens/models/random_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "headlens/formats/safetensors.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

std::vector<float> numbers(const StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments(const std::vector<float>& values) {
  Moments result;
  const auto n = static_cast<double>(values.size());
  for (const float value : values) result.mean += value / n;
  for (const float value : values) result.deviation += std::pow(value - result.mean, 2) / n;
  result.deviation = std::sqrt(result.deviation);
  return result;
}

TEST(RandomWeights, HaveEachTensorsMeanAndDeviation) {
  ModelFolder folder("llama");
  auto& wide = folder.tensors().at("model.embed_tokens.weight");
  for (std::size_t i = 0; i < wide.values.size(); ++i) {
    wide.values[i] = 3 + (i % 2 == 0 ? 0.5F : -0.5F);
  }
  folder.save();
  const Checkpoint before = read_safetensors_directory(folder.path());
  Checkpoint after = before;
  draw_random_weights(after, 1);
  const std::vector<float> drawn = numbers(after.at("model.embed_tokens.weight"));
  EXPECT_EQ(drawn.size(), wide.values.size());
  const auto n = static_cast<double>(drawn.size());
  const Moments own = moments(drawn);
  EXPECT_NEAR(own.mean, 3, 5 * 0.5 / std::sqrt(n));
  EXPECT_NEAR(own.deviation, 0.5, 5 * 0.5 / std::sqrt(2 * n));
  double fourth = 0;
  for (const float value : drawn) fourth += std::pow((value - 3) / 0.5, 4) / n;
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96 / n)) << "a normal's kurtosis, where the old one was 1";
  for (const auto& [name, tensor] : after.tensors) {
    EXPECT_EQ(tensor.shape, before.at(name).shape) << name;
  }
}

TEST(RandomWeights, DependOnSeedAndNameAlone) {
  ModelFolder folder("llama");
  folder.save();
  const Checkpoint source = read_safetensors_directory(folder.path());
  Checkpoint a = source, b = source, c = source;
  draw_random_weights(a, 7);
  draw_random_weights(b, 7);
  draw_random_weights(c, 8);
  const std::string first = "model.layers.0.mlp.up_proj.weight";
  const std::string second = "model.layers.1.mlp.up_proj.weight";
  EXPECT_EQ(numbers(a.at(first)), numbers(b.at(first)));
  EXPECT_NE(numbers(a.at(first)), numbers(c.at(first)));
  EXPECT_NE(numbers(a.at(first)), numbers(a.at(second)));
}

TEST(RandomWeights, ConstantsStayWhatTheyAre) {
  ModelFolder folder("llama");
  auto& norm = folder.tensors().at("model.norm.weight");
  std::ranges::fill(norm.values, 1.0F);
  folder.save();
  const auto model = Model::open(folder.path(), Precision::f32, 5);
  for (const float value : model->final_norm().weight.values()) EXPECT_EQ(value, 1);
}

}  // namespace
}  // namespace headlens
