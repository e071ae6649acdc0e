#include "headlens/learn/structural_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/learn/dependency_tree.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

/// scipy's minimum_spanning_tree and spearmanr on what PyTorch's probes predict.
TEST(StructuralMetrics, AreSciPys) {
  const auto& golden = structure_golden()["structural"];
  const GoldenTreebank sentences("validation");
  const auto kept = golden["kept"].get<std::vector<std::uint8_t>>();
  for (const StructuralTarget target : {StructuralTarget::distance, StructuralTarget::depth}) {
    for (const int rank : {6, 20}) {
      const std::string name = to_string(target) + "_" + std::to_string(rank);
      SCOPED_TRACE(name);
      const Tensor matrix = structure_array(name + "_final");
      const StructuralProbe probe(target, matrix.size(0), rank,
                                  {matrix.values().begin(), matrix.values().end()});
      std::vector<SentenceStructure> scored;
      for (std::int64_t s = 0; s + 1 < std::ssize(sentences.begins); ++s) {
        const auto heads = sentences.heads_of(s);
        const auto own = std::span(kept).subspan(sentences.begins[s], heads.size());
        const std::vector<float> predicted = probe.predict(sentences.sentence(s));
        scored.push_back(target == StructuralTarget::distance
                             ? score_distances(predicted, heads, own)
                             : score_depths(predicted, heads, own));
      }
      const StructureScores scores = structure_scores(scored, target);
      const auto& expected = golden[name]["scores"];
      EXPECT_NEAR(scores.spearman, expected["spearman"].get<double>(), 1e-5);
      if (target == StructuralTarget::distance) {
        EXPECT_EQ(scores.edges, expected["edges"].get<std::int64_t>());
        EXPECT_EQ(scores.found_edges, expected["found_edges"].get<std::int64_t>());
        EXPECT_NEAR(scores.uuas, expected["uuas"].get<double>(), 1e-9);
        EXPECT_TRUE(std::isnan(scores.root_accuracy));
      } else {
        EXPECT_NEAR(scores.root_accuracy, expected["root_accuracy"].get<double>(), 1e-9);
        EXPECT_TRUE(std::isnan(scores.uuas));
      }
      for (const auto& [length, value] : expected["by_length"].items()) {
        EXPECT_NEAR(scores.spearman_by_length.at(std::stoll(length)), value.get<double>(), 1e-5);
      }
    }
  }
}

TEST(StructuralMetrics, OfTheTreeItselfAreWhole) {
  const GoldenTreebank sentences("training");
  std::vector<SentenceStructure> distances, depths;
  for (std::int64_t s = 0; s + 1 < std::ssize(sentences.begins); ++s) {
    const auto heads = sentences.heads_of(s);
    const std::vector<std::uint8_t> kept(heads.size(), 1);
    distances.push_back(score_distances(tree_distances(heads), heads, kept));
    depths.push_back(score_depths(tree_depths(heads), heads, kept));
  }
  const StructureScores of_distances = structure_scores(distances, StructuralTarget::distance);
  EXPECT_EQ(of_distances.uuas, 1);
  EXPECT_NEAR(of_distances.spearman, 1, 1e-12);
  const StructureScores of_depths = structure_scores(depths, StructuralTarget::depth);
  EXPECT_EQ(of_depths.root_accuracy, 1);
  EXPECT_NEAR(of_depths.spearman, 1, 1e-12);
}

TEST(StructuralMetrics, CountNoOrderWhereAllIsEqual) {
  const std::vector<std::int32_t> heads{0, 1, 2, 3, 4};
  const std::vector<std::uint8_t> kept(5, 1), none(5, 0);
  const std::vector<float> flat(25, 1.0f);
  EXPECT_EQ(score_depths(std::span(flat).first(5), heads, kept).spearman, 0);
  EXPECT_TRUE(score_depths(std::span(flat).first(5), heads, kept).found_root);
  EXPECT_FALSE(score_depths(std::span(flat).first(5), heads, none).found_root);
  EXPECT_EQ(score_distances(flat, heads, none).edges, 0);
  const std::vector<SentenceStructure> lonely{{.n_words = 1, .spearman = NAN}};
  EXPECT_TRUE(std::isnan(structure_scores(lonely, StructuralTarget::distance).uuas));
  EXPECT_TRUE(std::isnan(structure_scores(lonely, StructuralTarget::depth).spearman));
}

}  // namespace
}  // namespace headlens
