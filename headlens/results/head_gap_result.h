#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// How well out-of-fold predictions find the positive class.
struct HeadGapScores {
  double accuracy = 0, macro_f1 = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< of the positive class
};

/// One outer fold: what was chosen on its training rows alone.
struct HeadGapFold {
  std::int64_t test_rows = 0;
  int probe_layer = 0;
  double probe_c = 1, head_c = 1;
  std::vector<double> inner_f1;  ///< of each candidate layer with its best C
};

/// How many examples each of the two got right.
struct HeadGapCounts {
  std::int64_t both = 0, only_head = 0, only_probe = 0, neither = 0;
  double p = 1;  ///< two-sided sign-flip test of only_head against only_probe
};

/// A positive example that one of the two got right.
struct HeadGapExample {
  std::int64_t row = 0;  ///< from 0, in the order of the data
  std::string text;
  int probe_layer = 0;
  double head_probability = 0, probe_probability = 0;  ///< of the positive class
};

/// A classification head on the model's last layer beside a linear probe on the earlier layer that
/// looks best, both trained and tested on the same folds.
struct HeadGapResult {
  Provenance provenance;
  std::string task, column, data, pooling;
  std::string positive;  ///< the class that is looked for
  std::int64_t rows = 0, positives = 0;
  int head_layer = 0;
  std::vector<int> layers;  ///< candidates of the probe
  std::vector<double> c_grid;
  HeadGapScores head, probe;
  std::vector<HeadGapScores> by_layer;  ///< of each candidate alone, chosen on nothing
  std::vector<HeadGapFold> folds;
  double f1_difference = 0;  ///< probe - head
  double f1_low = 0, f1_high = 0, confidence = 0.95;
  double f1_p = 1;  ///< two-sided, predictions of the two swapped at random
  HeadGapCounts all, of_positive;
  /// Positive examples that the head misses and the probe finds, by how far apart they are.
  std::vector<HeadGapExample> found;
};

/// What the numbers say and what they do not, in plain sentences.
std::vector<std::string> head_gap_conclusion(const HeadGapResult& result);

}  // namespace headlens
