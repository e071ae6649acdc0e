#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

void load_all(const ModelFolder& folder) {
  const auto model = folder.open();
  model->load_blocks(model->spec().n_layers());
  model->load_head();
}

class EveryFamily : public testing::TestWithParam<std::string> {};

TEST_P(EveryFamily, LoadsUnchanged) {
  const ModelFolder folder(GetParam());
  EXPECT_NO_THROW(load_all(folder));
}

bool is_unused(const std::string& name) {
  for (const char* part : {"pooler", "seq_relationship", "position_ids", "rotary_emb",
                           "masked_bias", "attention.bias", "attn.bias"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

/// Where a missing tensor means another model rather than a broken one: heads that a model may
/// lack.
bool is_optional_head(const std::string& name) {
  return name == "lm_head.weight" || name == "lm_head.dense.weight" || name == "embed_out.weight" ||
         name == "classifier.weight" || name.starts_with("cls.") || name.starts_with("vocab_");
}

TEST_P(EveryFamily, MissingTensorsAreNamed) {
  int checked = 0;
  ModelFolder whole(GetParam());
  for (const auto& [name, numbers] : whole.tensors()) {
    if (is_unused(name) || is_optional_head(name)) continue;
    ModelFolder folder(GetParam());
    folder.tensors().erase(name);
    try {
      load_all(folder);
      ADD_FAILURE() << name << " is not missed";
    } catch (const FormatError& error) {
      // Without the tensor that tells a name scheme, another name of the scheme is missed.
      EXPECT_NE(std::string(error.what()).find(", tensor "), std::string::npos) << error.what();
      EXPECT_FALSE(error.tensor().empty());
      EXPECT_NE(error.path().find(folder.path().string()), std::string::npos) << error.what();
      checked += error.tensor() == name;
    }
  }
  EXPECT_GT(checked, 15);
}

TEST_P(EveryFamily, TensorsOfAnotherShapeAreNamed) {
  int checked = 0;
  ModelFolder whole(GetParam());
  for (const auto& [name, numbers] : whole.tensors()) {
    if (is_unused(name)) continue;
    ModelFolder folder(GetParam());
    ModelFolder::Numbers& changed = folder.tensors().at(name);
    changed.shape.front() += 1;
    changed.values.resize(static_cast<std::size_t>(element_count(changed.shape)));
    EXPECT_THAT([&] { load_all(folder); },
                ThrowsMessage<FormatError>(
                    AllOf(HasSubstr((folder.path() / "model.safetensors").string()),
                          HasSubstr(name), HasSubstr("the file has " + to_string(changed.shape)))))
        << name;
    ++checked;
  }
  EXPECT_GT(checked, 20);
}

TEST_P(EveryFamily, TensorsOfAnotherRankAreRefused) {
  ModelFolder whole(GetParam());
  for (const auto& [name, numbers] : whole.tensors()) {
    if (is_unused(name)) continue;
    ModelFolder folder(GetParam());
    folder.tensors().at(name).shape.insert(folder.tensors().at(name).shape.begin(), 1);
    EXPECT_THROW(load_all(folder), FormatError) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, EveryFamily,
                         testing::Values("gpt2", "gpt_neox_parallel", "llama", "qwen3",
                                         "bert_masked_lm", "roberta_masked_lm",
                                         "distilbert_masked_lm", "bert_classification"),
                         [](const auto& test) { return test.param; });

TEST(Checkpoints, MoreLayersThanTheConfigSaysAreRefused) {
  for (const auto& [model, key] :
       std::map<std::string, std::string>{{"gpt2", "n_layer"},
                                          {"llama", "num_hidden_layers"},
                                          {"bert", "num_hidden_layers"},
                                          {"distilbert_masked_lm", "n_layers"}}) {
    ModelFolder folder(model);
    folder.config()[key] = 1;
    EXPECT_THAT([&] { folder.open(); },
                ThrowsMessage<FormatError>(AllOf(HasSubstr(folder.config_path()),
                                                 HasSubstr("says 1 layers"), HasSubstr(".1."))))
        << model;
  }
}

TEST(Checkpoints, FewerLayersThanTheConfigSaysAreMissed) {
  ModelFolder folder("llama");
  folder.config()["num_hidden_layers"] = 3;
  EXPECT_THAT([&] { load_all(folder); }, ThrowsMessage<FormatError>(HasSubstr("model.layers.2.")));
}

TEST(Checkpoints, MustBeThere) {
  const ModelFolder folder("gpt2");
  folder.save();
  std::filesystem::remove(folder.path() / "model.safetensors");
  EXPECT_THAT([&] { Model::open(folder.path(), Precision::f32); },
              ThrowsMessage<FormatError>(HasSubstr("model.safetensors")));
}

}  // namespace
}  // namespace headlens
