#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "headlens/learn/structural_probe.h"

namespace headlens {

/// How well one sentence's tree was recovered.
struct SentenceStructure {
  std::int64_t n_words = 0;
  /// Spearman's correlation of predicted with true: of distances the mean over words of that of
  /// each word's row (its own 0 included), of depths that of the sentence. Where the prediction
  /// has no spread it is 0; NaN for a sentence of one word.
  double spearman = 0;
  /// Distances: edges of the tree between kept words, and how many of them the minimum spanning
  /// tree of the predicted distances has.
  std::int64_t edges = 0, found_edges = 0;
  bool found_root = false;  ///< depths: the kept word of the smallest depth is the root
};

/// Hewitt and Manning's (2019) figures over a treebank.
struct StructureScores {
  std::int64_t n_sentences = 0;
  /// UUAS: the share of all gold edges that were found, undirected and without labels, punctuation
  /// left out. NaN of depths.
  double uuas = 0;
  std::int64_t edges = 0, found_edges = 0;
  double root_accuracy = 0;  ///< share of sentences; NaN of distances
  /// DSpr. (distances) or NSpr. (depths): the mean over lengths 5 to 50 that occur of the mean over
  /// the sentences (or their words) of that length. NaN where there is no such length.
  double spearman = 0;
  std::map<std::int64_t, double> spearman_by_length = {};  ///< all lengths from 2
};

inline constexpr std::int64_t kShortestScored = 5, kLongestScored = 50;

/// @param predicted  [n, n]
/// @param heads      [n], as dependency_tree.h has them
/// @param kept       [n], 0 leaves a word (punctuation) out of edges; correlations have all words
SentenceStructure score_distances(std::span<const float> predicted,
                                  std::span<const std::int32_t> heads,
                                  std::span<const std::uint8_t> kept);

/// @param predicted  [n]
SentenceStructure score_depths(std::span<const float> predicted,
                               std::span<const std::int32_t> heads,
                               std::span<const std::uint8_t> kept);

StructureScores structure_scores(std::span<const SentenceStructure> sentences,
                                 StructuralTarget target);

}  // namespace headlens
