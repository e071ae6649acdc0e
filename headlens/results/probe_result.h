#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// A score on examples that were not trained on: accuracy of classes, R2 of real values.
struct ProbeScore {
  double mean = 0;  ///< over rounds: folds, and seeds where what is learnt depends on them
  double standard_deviation = 0;    ///< over rounds, of the population (n below)
  std::vector<double> rounds = {};  ///< [seed, fold]
  /// Bootstrap over groups of test examples, of all folds together.
  double low = 0, high = 0;
};

/// What a probe reads from the states of one site.
struct ProbeLayer {
  std::string site;
  std::optional<int> hidden_state;  ///< 0 the embeddings; absent for sites that are none
  ProbeScore score = {};
  std::optional<double> macro_f1;           ///< of classes
  std::optional<double> pearson, spearman;  ///< of real values
  std::optional<ProbeScore> control;        ///< the same probe on the control task
  double selectivity = 0;                   ///< score - control; NaN without a control
  double selectivity_low = 0, selectivity_high = 0;
  bool meaningful = false;      ///< selectivity above kMeaningfulSelectivity
  double p_best = 1;            ///< sign-flip test against the best layer; 1 for itself
  double p_best_holm = 1;       ///< corrected over the layers
  double p_majority_holm = 1;   ///< against the majority baseline, corrected over the layers
  bool converged = true;        ///< of every fit, the control's included
  std::int64_t iterations = 0;  ///< the most that a fit took; epochs of Adam
  std::vector<double> c;        ///< chosen from a grid, by round; empty where C was given
  double fit_seconds = 0;
};

/// What needs no probe of this model's layers, on the same split.
struct ProbeBaseline {
  std::string name;   ///< "majority", "word type", "embeddings", "random weights"
  std::string about;  ///< e.g. the layer of the random-weight model that is best
  ProbeScore score = {};
  double p = 1, p_holm = 1;  ///< sign-flip test against the best layer; corrected over baselines
};

struct ProbeClass {
  std::string name;
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;  ///< test examples
};

/// How examples were split.
struct ProbeEvaluation {
  std::string kind;   ///< "folds", "files" or "random"
  int folds = 0;      ///< of "folds"
  std::string group;  ///< what stays together: "row", "sentence", "document", "word-type"
  std::int64_t train_rows = 0, validation_rows = 0, test_rows = 0;  ///< folds test every row
  std::int64_t test_groups = 0;  ///< that intervals and tests draw from
  std::string test_group;        ///< "sentence" or "document"
  int seeds = 1;
};

/// What was trained.
struct ProbeMethod {
  std::string kind;    ///< "logistic", "linear-adam", "mlp", "low-rank", "knn" or "ridge"
  std::string metric;  ///< "accuracy" or "r2"
  bool standardized = false;
  std::string class_weights = "equal";  ///< or "balanced"
  double c = 1;                         ///< of logistic without a grid
  std::vector<double> c_grid = {};
  double alpha = 1;                                          ///< of ridge
  int neighbors = 0;                                         ///< of knn
  int hidden = 0, epochs = 0, batch_size = 0, patience = 0;  ///< of Adam; patience 0: all epochs
  double learning_rate = 0, dropout = 0;
};

/// What a model's layers hold of a property, as far as a probe can read it.
struct ProbeResult {
  static constexpr double kMeaningfulSelectivity = 0.1;
  static constexpr double kLevel = 0.05;  ///< of corrected p-values

  Provenance provenance;
  std::string task, column;
  std::vector<std::string> data;  ///< files, training first
  std::string unit, pooling;
  std::int64_t rows = 0, sentences = 0, word_types = 0;
  std::int64_t unlabelled_rows = 0, dropped_rows = 0;
  std::vector<std::string> dropped_classes;
  std::vector<std::string> classes;  ///< empty for real values
  ProbeMethod method;
  ProbeEvaluation evaluation;
  double confidence = 0.95;
  int resamples = 0, flips = 0;
  std::vector<ProbeLayer> layers;
  std::vector<ProbeBaseline> baselines;
  std::vector<ProbeScore> random_layers;  ///< of the random-weight model; empty or one a layer
  std::size_t best = 0;  ///< the layer of the largest score; of equal ones the first
  std::vector<ProbeClass> best_classes;  ///< of classes
  /// [true, predicted] examples at the best layer, in the order of `classes`.
  std::vector<std::int64_t> confusion;
  std::vector<std::string> fold_warnings;
};

/// "layer 12", or the site where it is no hidden state.
std::string layer_name(const ProbeLayer& layer);

/// Layers whose corrected p-value against the best is above ProbeResult::kLevel, the best included.
std::vector<std::size_t> layers_like_best(const ProbeResult& result);

/// What the numbers say, in plain sentences, and no more than that: that a property can or cannot
/// be read from states, never that the model uses it.
std::vector<std::string> probe_conclusion(const ProbeResult& result);

/// What a reader must know before believing them: fits that did not converge, a selectivity that is
/// low, baselines that do it already.
std::vector<std::string> probe_warnings(const ProbeResult& result);

/// @throws ShapeError  if parts of the result do not fit together
void check_probe(const ProbeResult& result);

}  // namespace headlens
