#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "headlens/formats/safetensors.h"
#include "headlens/probing/amnesic_study.h"
#include "headlens/probing/probe_split.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

constexpr std::int64_t kWidth = 24, kVocabulary = 34, kContext = 64;
/// What the states hold: which kind a letter is of, which the head reads, which accent it has, that
/// nothing reads, and the letter itself.
constexpr std::int64_t kKind = 0, kAccent = 1, kLetter = 2;
const std::string kLetters = "abde";  // a and b are of one kind; a and d have one accent
constexpr int kLength = 14;

std::int64_t token_of(char letter) { return 2 + letter - 'a'; }
bool first_kind(char letter) { return letter == 'a' || letter == 'b'; }
bool first_accent(char letter) { return letter == 'a' || letter == 'd'; }

/// A GPT-2 of one layer that does nothing, written by hand: kinds follow one another in turn, and
/// the head knows that from the kind's direction alone.
void write_planted(const TemporaryDirectory& folder) {
  write_tiny_model(folder, "gpt2");  // for its tokenizer
  folder.write("config.json", nlohmann::json{{"model_type", "gpt2"},
                                             {"n_embd", kWidth},
                                             {"n_head", 2},
                                             {"n_layer", 1},
                                             {"n_inner", 4},
                                             {"n_positions", kContext},
                                             {"vocab_size", kVocabulary},
                                             {"tie_word_embeddings", false}}
                                  .dump());
  std::map<std::string, std::pair<Shape, std::vector<float>>> tensors;
  const auto add = [&](const std::string& name, const Shape& shape, float value = 0) -> float* {
    auto& entry = tensors[name];
    entry = {shape, std::vector<float>(element_count(shape), value)};
    return entry.second.data();
  };
  float* embeddings = add("wte.weight", {kVocabulary, kWidth});
  float* positions = add("wpe.weight", {kContext, kWidth});
  float* head = add("lm_head.weight", {kVocabulary, kWidth});
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  // Positions fill every direction but those of kind and accent.
  for (std::int64_t i = 0; i < kContext * kWidth; ++i) {
    if (i % kWidth >= kLetter) positions[i] = 0.3f * normal(random);
  }
  for (const char letter : kLetters) {
    float* row = embeddings + token_of(letter) * kWidth;
    row[kKind] = first_kind(letter) ? 1 : -1;
    row[kAccent] = first_accent(letter) ? 1 : -1;
    row[kLetter + (letter - 'a')] = 0.5f;
    head[token_of(letter) * kWidth + kKind] = first_kind(letter) ? -3 : 3;
  }
  // Other tokens are never predicted: a direction that is the same everywhere keeps them away.
  for (std::int64_t id = 0; id < kVocabulary; ++id) {
    embeddings[id * kWidth + kWidth - 1] = 1;
    head[id * kWidth + kWidth - 1] = -8;
  }
  for (const char letter : kLetters) head[token_of(letter) * kWidth + kWidth - 1] = 0;
  for (const std::string norm : {"ln_f", "h.0.ln_1", "h.0.ln_2"}) {
    add(norm + ".weight", {kWidth}, 1);
    add(norm + ".bias", {kWidth});
  }
  add("h.0.attn.c_attn.weight", {kWidth, 3 * kWidth});
  add("h.0.attn.c_attn.bias", {3 * kWidth});
  add("h.0.attn.c_proj.weight", {kWidth, kWidth});
  add("h.0.attn.c_proj.bias", {kWidth});
  add("h.0.mlp.c_fc.weight", {kWidth, 4});
  add("h.0.mlp.c_fc.bias", {4});
  add("h.0.mlp.c_proj.weight", {4, kWidth});
  add("h.0.mlp.c_proj.bias", {kWidth});
  std::vector<NamedTensor> all;
  for (const auto& [name, tensor] : tensors) all.push_back({name, tensor.first, tensor.second});
  write_safetensors(folder.path() / "model.safetensors", all);
}

/// Kinds in turn, accents at random.
ListedCorpus planted_corpus(int sentences, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<LabelledSentence> all;
  for (int s = 0; s < sentences; ++s) {
    LabelledSentence sentence{.line = s + 1};
    const std::size_t first = random() % 2;
    for (int i = 0; i < kLength; ++i) {
      const char letter = kLetters[(first + i) % 2 * 2 + random() % 2];
      sentence.text += letter;
      sentence.words.push_back({.span = {i, i + 1},
                                .labels = {std::string(first_kind(letter) ? "one" : "two"),
                                           std::string(first_accent(letter) ? "up" : "down")},
                                .line = s + 1});
    }
    all.push_back(std::move(sentence));
  }
  return {{.task = "planted",
           .data = "planted",
           .sha256 = std::to_string(seed),
           .columns = {"kind", "accent"}},
          std::move(all)};
}

class PlantedConcept : public ::testing::Test {
 protected:
  PlantedConcept() {
    write_planted(model_);
    session_.emplace(Session::open(model_.path().string()));
    for (const int layer : {0, 1}) {
      harvest_.sites.push_back(hidden_state_site(session_->spec(), layer));
    }
  }

  AmnesicResult erase(const std::string& column) {
    const TemporaryDirectory train_folder, test_folder;
    ListedCorpus train = planted_corpus(60, 1), test = planted_corpus(40, 2);
    std::vector<Harvest> parts;
    parts.push_back(harvested(*session_, train, harvest_, train_folder.path()));
    parts.push_back(harvested(*session_, test, harvest_, test_folder.path()));
    const ProbeData data(std::move(parts), {.column = column});
    const ProbeSplit split = split_by_part(data);
    ListedCorpus again = planted_corpus(40, 2);
    const auto sentences = read_amnesic_sentences(
        *session_, again, {.column = column, .classes = data.classes(), .harvest = harvest_});
    return study_amnesic(*session_, data, split.train, split.test, sentences,
                         {.layers = {0, 1}, .random_erasers = 5, .resamples = 1000});
  }

  TemporaryDirectory model_;
  std::optional<Session> session_;
  HarvestOptions harvest_;
};

TEST_F(PlantedConcept, WhatTheHeadReadsIsUsed) {
  const AmnesicResult result = erase("kind");
  EXPECT_LT(result.base.loss_nats, 0.75) << "one of two letters";
  for (const AmnesicLayer& layer : result.layers) {
    EXPECT_DOUBLE_EQ(layer.probe_before, 1);
    // Kinds are as frequent as each other, so that guessing is a toss.
    EXPECT_NEAR(layer.probe_after, 0.5, 0.02);
    EXPECT_GT(layer.probe_random, 0.95);
    // Any letter; the final norm's mean tips the head a little towards one kind.
    EXPECT_NEAR(layer.erased.loss_nats, std::log(4), 0.25);
    EXPECT_LT(layer.over_random.p_holm, 0.01);
    EXPECT_GT(layer.over_random.low_nats, 0.3);
    // The label is all that the direction tells.
    EXPECT_NEAR(layer.restored.loss_nats, result.base.loss_nats, 0.02);
    EXPECT_LT(layer.over_restored.p_holm, 0.01);
  }
}

TEST_F(PlantedConcept, WhatNothingReadsIsNot) {
  const AmnesicResult result = erase("accent");
  for (const AmnesicLayer& layer : result.layers) {
    EXPECT_DOUBLE_EQ(layer.probe_before, 1) << "a probe reads it just as well";
    EXPECT_NEAR(layer.probe_after, result.majority, 1e-12);
    EXPECT_NEAR(layer.erased.loss_nats, result.base.loss_nats, 0.05);
    EXPECT_FALSE(layer.over_random.mean_nats > 0 && layer.over_random.p_holm < 0.05);
  }
  EXPECT_NE(amnesic_conclusion(result).front().find("at no layer"), std::string::npos);
}

}  // namespace
}  // namespace headlens
