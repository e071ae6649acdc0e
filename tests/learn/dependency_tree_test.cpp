#include "headlens/learn/dependency_tree.h"

#include <gtest/gtest.h>

#include <random>

#include "headlens/base/errors.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

TEST(DependencyTree, HasSciPysShortestPaths) {
  for (const auto& tree : structure_golden()["structural"]["trees"]) {
    const auto heads = tree["heads"].get<std::vector<std::int32_t>>();
    EXPECT_EQ(tree_distances(heads), tree["distances"].get<std::vector<float>>());
    EXPECT_EQ(tree_depths(heads), tree["depths"].get<std::vector<float>>());
  }
}

TEST(DependencyTree, LeavesOutEdgesOfWordsThatAreNotKept) {
  const std::vector<std::int32_t> heads{2, 0, 2, 3};
  const std::vector<std::uint8_t> all{1, 1, 1, 1}, some{1, 1, 0, 1};
  EXPECT_EQ(tree_edges(heads, all), (std::vector<WordPair>{{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(tree_edges(heads, some), (std::vector<WordPair>{{0, 1}}));
}

TEST(DependencyTree, RefusesWhatIsNone) {
  const auto refused = [](const std::vector<std::int32_t>& heads) {
    EXPECT_THROW(check_tree(heads), UsageError);
  };
  refused({});
  refused({0, 0});
  refused({2, 1});
  refused({0, 3, 2});
  refused({0, 5});
  refused({0, -1});
  check_tree(std::vector<std::int32_t>{0});
}

/// Distances of a tree have it for their minimum spanning tree.
TEST(DependencyTree, IsFoundAgainInItsDistances) {
  for (const auto& tree : structure_golden()["structural"]["trees"]) {
    const auto heads = tree["heads"].get<std::vector<std::int32_t>>();
    const std::vector<std::uint8_t> kept(heads.size(), 1);
    EXPECT_EQ(minimum_spanning_tree(tree_distances(heads), kept), tree_edges(heads, kept));
  }
}

/// Against every spanning tree of five words.
TEST(MinimumSpanningTree, IsTheLightestOfAll) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<float> uniform(0, 1);
  constexpr std::int32_t n = 5;
  for (int round = 0; round < 20; ++round) {
    std::vector<float> distances(n * n, 0.0f);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) distances[i * n + j] = distances[j * n + i] = uniform(random);
    }
    float lightest = 100;
    for (int code = 0; code < 3125; ++code) {  // heads of words, of which those of trees count
      std::vector<std::int32_t> heads{0};
      float sum = 0;
      for (int word = 1, rest = code; word < n; ++word, rest /= n) {
        heads.push_back(rest % n + 1);
        sum += distances[word * n + rest % n];
      }
      try {
        check_tree(heads);
      } catch (const UsageError&) {
        continue;
      }
      lightest = std::min(lightest, sum);
    }
    float found = 0;
    for (const auto& [a, b] : minimum_spanning_tree(distances, std::vector<std::uint8_t>(n, 1))) {
      found += distances[a * n + b];
    }
    EXPECT_NEAR(found, lightest, 1e-5);
  }
  EXPECT_TRUE(minimum_spanning_tree({}, {}).empty());
  const std::vector<float> none(4);
  EXPECT_TRUE(minimum_spanning_tree(none, std::vector<std::uint8_t>{0, 1}).empty());
}

}  // namespace
}  // namespace headlens
