#include "headlens/learn/structural_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/learn/dependency_tree.h"
#include "headlens/statistics/rank_correlation.h"

namespace headlens {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What has no spread orders nothing.
double correlation(std::span<const float> predicted, std::span<const float> truth) {
  if (predicted.size() < 2) return kNone;
  const std::vector<double> a(predicted.begin(), predicted.end()), b(truth.begin(), truth.end());
  const double found = spearman(a, b);
  return std::isnan(found) ? 0 : found;
}

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? kNone : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

SentenceStructure score_distances(std::span<const float> predicted,
                                  std::span<const std::int32_t> heads,
                                  std::span<const std::uint8_t> kept) {
  const std::size_t n = heads.size();
  const std::vector<float> truth = tree_distances(heads);
  SentenceStructure found{.n_words = static_cast<std::int64_t>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    found.spearman += correlation(predicted.subspan(i * n, n), std::span(truth).subspan(i * n, n)) /
                      static_cast<double>(n);
  }
  const std::vector<WordPair> gold = tree_edges(heads, kept);
  const std::vector<WordPair> tree = minimum_spanning_tree(predicted, kept);
  found.edges = static_cast<std::int64_t>(gold.size());
  for (const WordPair& edge : tree) found.found_edges += std::ranges::binary_search(gold, edge);
  return found;
}

SentenceStructure score_depths(std::span<const float> predicted,
                               std::span<const std::int32_t> heads,
                               std::span<const std::uint8_t> kept) {
  const std::vector<float> truth = tree_depths(heads);
  SentenceStructure found{.n_words = static_cast<std::int64_t>(heads.size()),
                          .spearman = correlation(predicted, truth)};
  std::size_t least = heads.size();
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (kept[i] == 0) continue;
    if (least == heads.size() || predicted[i] < predicted[least]) least = i;
  }
  found.found_root = least < heads.size() && heads[least] == 0;
  return found;
}

StructureScores structure_scores(std::span<const SentenceStructure> sentences,
                                 StructuralTarget target) {
  StructureScores scores{.n_sentences = static_cast<std::int64_t>(sentences.size())};
  std::map<std::int64_t, std::int64_t> of_length;
  std::int64_t roots = 0;
  for (const SentenceStructure& sentence : sentences) {
    scores.edges += sentence.edges;
    scores.found_edges += sentence.found_edges;
    roots += sentence.found_root;
    if (sentence.n_words < 2) continue;
    scores.spearman_by_length[sentence.n_words] += sentence.spearman;
    ++of_length[sentence.n_words];
  }
  double sum = 0;
  std::int64_t lengths = 0;
  for (auto& [length, value] : scores.spearman_by_length) {
    value /= static_cast<double>(of_length[length]);
    if (length < kShortestScored || length > kLongestScored) continue;
    sum += value;
    ++lengths;
  }
  scores.spearman = lengths == 0 ? kNone : sum / static_cast<double>(lengths);
  const bool is_distance = target == StructuralTarget::distance;
  scores.uuas = is_distance ? share(scores.found_edges, scores.edges) : kNone;
  scores.root_accuracy = is_distance ? kNone : share(roots, scores.n_sentences);
  return scores;
}

}  // namespace headlens
