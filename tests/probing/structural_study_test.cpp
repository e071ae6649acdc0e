#include "headlens/probing/structural_study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

/// Random trees, and layers whose states hold them or not: layer 1 has the tree by construction
/// (each word is its head's vector and a direction of its own, so that squared distances are tree
/// distances), the others noise.
class PlantedTreebank {
 public:
  static constexpr std::int64_t kLongest = 9, kColumns = 12;

  PlantedTreebank(int n_sentences, std::uint64_t seed) : seed_(seed) {
    std::mt19937_64 random(seed);
    for (int s = 0; s < n_sentences; ++s) {
      const auto n = static_cast<std::int32_t>(5 + random() % (kLongest - 4));
      const auto root = static_cast<std::int32_t>(random() % n);
      for (std::int32_t word = 0; word < n; ++word) {
        // Heads lie towards the root, so that there is no circle.
        const std::int32_t steps = std::abs(word - root);
        const auto up = steps == 0 ? 0 : static_cast<std::int32_t>(1 + random() % steps);
        source.trees.heads.push_back(steps == 0 ? 0 : (word < root ? word + up : word - up) + 1);
        source.trees.kept.push_back(1);
        source.trees.forms.push_back("w" + std::to_string(word));
        source.trees.rows.push_back(source.trees.n_words() - 1);
      }
      source.trees.lines.push_back(s + 1);
      source.trees.begins.push_back(source.trees.n_words());
    }
    source.states = [this](int layer) { return states(layer); };
  }

  TreebankSource source;

 private:
  Tensor states(int layer) const {
    std::mt19937_64 random(seed_ + 1000 * layer);
    std::normal_distribution<float> normal(0, layer == 1 ? 0.05f : 1.0f);
    Tensor made({source.trees.n_words(), kColumns});
    for (float& value : made.values()) value = normal(random);
    for (std::int64_t s = 0; layer == 1 && s < source.trees.n_sentences(); ++s) {
      const std::int64_t first = source.trees.begins[s], end = source.trees.begins[s + 1];
      for (std::int64_t word = first; word < end; ++word) {
        for (std::int64_t up = word; source.trees.heads[up] != 0;
             up = first + source.trees.heads[up] - 1) {
          made.data()[word * kColumns + (up - first)] += 1;
        }
      }
    }
    return made;
  }

  std::uint64_t seed_;
};

StructuralStudyOptions options() {
  StructuralStudyOptions made{
      .hidden_states = {0, 1, 2}, .resamples = 200, .flips = 500, .parse = 2};
  made.probe.adam.learning_rate = 0.02;
  made.probe.epochs = 20;
  return made;
}

class StructuralStudy : public ::testing::Test {
 protected:
  StructuralResult run(const StructuralStudyOptions& own) {
    return study_structure(training_.source, validation_.source, test_.source, own);
  }

  PlantedTreebank training_{200, 1}, validation_{40, 2}, test_{60, 3};
};

TEST_F(StructuralStudy, FindsTheLayerThatHoldsTheTree) {
  const StructuralResult result = run(options());
  ASSERT_EQ(result.layers.size(), 3u);
  const StructuralLayer& planted = result.layers[1];
  EXPECT_GT(planted.distance->tree.value, 0.97);
  EXPECT_GT(planted.distance->spearman.value, 0.9);
  EXPECT_GT(planted.depth->tree.value, 0.9);
  EXPECT_LE(planted.distance->tree.low, planted.distance->tree.value);
  EXPECT_GE(planted.distance->tree.high, planted.distance->tree.value);
  for (const int noise : {0, 2}) {
    EXPECT_LT(result.layers[noise].distance->tree.value, 0.6);
    EXPECT_LT(result.layers[noise].distance->p_best_holm, 0.01);
    EXPECT_LT(result.layers[noise].depth->tree.value, 0.6);
  }
  EXPECT_EQ(best_layer(result, &StructuralLayer::distance), 1u);
  EXPECT_EQ(result.baselines[1].name, "embeddings");
  EXPECT_EQ(result.baselines[1].uuas->value, result.layers[0].distance->tree.value);
  ASSERT_TRUE(result.parse);
  EXPECT_EQ(result.parse->edges.size(), result.parse->predicted_edges.size());
  EXPECT_EQ(result.parse->distance_layer, 1);
}

/// The chain's figures, counted by hand: an edge between neighbours is one that a chain has.
TEST_F(StructuralStudy, ComparesWithAChainOfWords) {
  StructuralStudyOptions own = options();
  own.depth = false;
  own.hidden_states = {1};
  const StructuralResult result = run(own);
  const Trees& trees = test_.source.trees;
  std::int64_t edges = 0, near = 0;
  for (std::int64_t s = 0; s < trees.n_sentences(); ++s) {
    for (std::int64_t word = trees.begins[s]; word < trees.begins[s + 1]; ++word) {
      if (trees.heads[word] == 0) continue;
      ++edges;
      near += std::abs(trees.heads[word] - 1 - (word - trees.begins[s])) == 1;
    }
  }
  EXPECT_NEAR(result.baselines[0].uuas->value, static_cast<double>(near) / edges, 1e-12);
  EXPECT_FALSE(result.baselines[0].root_accuracy);
  EXPECT_FALSE(result.layers[0].depth);
}

TEST_F(StructuralStudy, GoesOnFromItsLog) {
  const TemporaryDirectory folder;
  StructuralStudyOptions own = options();
  own.probe.epochs = 2;
  own.log = folder.path() / "log";
  own.work = {{"a", 1}};
  const std::string whole = to_text(to_json(run(own)));
  int layers = 0;
  own.progress = [&](const Progress& progress) { layers = static_cast<int>(progress.total); };
  EXPECT_EQ(to_text(to_json(run(own))), whole);
  EXPECT_EQ(layers, 0);
  own.hidden_states = {0, 1, 2, 3};
  EXPECT_EQ(run(own).layers.size(), 4u);
  EXPECT_EQ(layers, 1);
  own.work = {{"a", 2}};
  EXPECT_THROW(run(own), UsageError);
}

TEST_F(StructuralStudy, RefusesQuestionsWithoutAnAnswer) {
  StructuralStudyOptions own = options();
  own.parse = 60;
  EXPECT_THAT([&] { run(own); }, refuses_with<UsageError>("no test sentence 61"));
  own = options();
  own.hidden_states.clear();
  EXPECT_THROW(run(own), UsageError);
  own = options();
  own.distance = own.depth = false;
  EXPECT_THROW(run(own), UsageError);
  TreebankSource none;
  none.states = test_.source.states;
  EXPECT_THAT([&] { study_structure(training_.source, none, test_.source, options()); },
              refuses_with<UsageError>("validation part has no sentence"));
}

}  // namespace
}  // namespace headlens
