#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// A figure over the test sentences, with a percentile bootstrap interval that draws sentences.
struct StructuralScore {
  double value = 0;
  double low = 0, high = 0;  ///< NaN where there is no interval
};

/// What a structural probe of one target finds in one layer's states.
struct StructuralFinding {
  /// UUAS of distances: share of the tree's undirected edges, punctuation left out. Root accuracy
  /// of depths: share of sentences whose root is the word of least depth.
  StructuralScore tree;
  /// Mean over sentence lengths 5 to 50 of Spearman's correlation with the tree's.
  StructuralScore spearman;
  double test_loss = 0;    ///< mean over sentences of the absolute error, edges
  double p_best = 1;       ///< sign-flip test over sentences of `tree` against the best layer's
  double p_best_holm = 1;  ///< corrected over the layers
  std::vector<double> training_losses, validation_losses;  ///< by epoch, edges
  int best_epoch = 0;                                      ///< that the probe is of, from 1
};

struct StructuralLayer {
  int hidden_state = 0;  ///< 0 the embeddings
  std::optional<StructuralFinding> distance = {}, depth = {};
};

/// What needs no training on this layer's states: a chain of words, or another model's states.
struct StructuralBaseline {
  std::string name;   ///< "linear chain", "embeddings", "random weights"
  std::string about;  ///< e.g. which layer of the random-weight model
  std::optional<StructuralScore> uuas = {}, distance_spearman = {}, root_accuracy = {},
                                 depth_spearman = {};
};

/// One test sentence as the best layers' probes see it.
struct ParsedSentence {
  std::int64_t line = 0;  ///< in the file
  std::vector<std::string> words;
  std::vector<std::int32_t> heads;  ///< numbers from 1; 0 for the root
  std::vector<std::uint8_t> kept;   ///< 0 for punctuation, which has no edges
  /// Words from 0: the tree's edges, and the minimum spanning tree of the predicted distances.
  std::vector<std::pair<std::int32_t, std::int32_t>> edges, predicted_edges = {};
  std::vector<double> depths = {},
                      predicted_depths = {};  ///< the latter empty without a depth probe
  std::optional<int> distance_layer = {}, depth_layer = {};
};

/// How the trees of a treebank are embedded in a model's layers (Hewitt and Manning 2019).
struct StructuralResult {
  static constexpr double kLevel = 0.05;  ///< of corrected p-values

  Provenance provenance;
  std::vector<std::string> data;  ///< files or built-in corpora: training, (validation,) test
  std::string pooling;
  std::int64_t training_words = 0, validation_words = 0, test_words = 0;
  std::int64_t training_sentences = 0, validation_sentences = 0, test_sentences = 0;
  std::int64_t skipped_sentences = 0;  ///< that a word lacks a state of
  int rank = 0;                        ///< of B; 0: that of the states
  bool standardized = false;
  int epochs = 0, batch_sentences = 0;
  double learning_rate = 0;
  double confidence = 0.95;
  int resamples = 0, flips = 0;
  std::vector<StructuralLayer> layers;
  std::vector<StructuralBaseline> baselines;
  std::optional<ParsedSentence> parse;
};

using StructuralTargetMember = std::optional<StructuralFinding> StructuralLayer::*;

/// The layer of the largest `tree` figure, of equal ones the first; absent without that target.
std::optional<std::size_t> best_layer(const StructuralResult& result,
                                      StructuralTargetMember target);

/// Layers whose corrected p-value against the best is above kLevel, the best included.
std::vector<std::size_t> layers_like_best(const StructuralResult& result,
                                          StructuralTargetMember target);

/// What the figures say, in plain sentences: what can be read from states, never that the model
/// uses it.
std::vector<std::string> structural_conclusion(const StructuralResult& result);

/// @throws ShapeError  if there is no layer, or layers differ in their targets
void check_structural(const StructuralResult& result);

}  // namespace headlens
