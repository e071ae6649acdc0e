#pragma once

#include <string>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/probing/probe_data.h"
#include "headlens/results/head_gap_result.h"

namespace headlens {

struct HeadGapOptions {
  int head_layer = 0;            ///< the model's last hidden state
  std::vector<int> layers = {};  ///< candidates of the probe
  std::string positive = {};     ///< the class that is looked for; empty: the one with fewest rows
  int folds = 5, inner_folds = 3;
  std::vector<double> c_grid = {0.0001, 0.001, 0.01, 0.1, 1};
  std::uint64_t seed = 0;  ///< of intervals and tests
  int resamples = 10000, flips = 10000;
  ProgressCallback progress = {};
};

/// What a classification head misses. The head is what users of an encoder train: a classifier on
/// its last layer. Beside it stands a linear probe on the earlier layer that looks best. Both are
/// logistic regressions on standardised columns with balanced classes; layer and C are chosen by
/// the F1 of the positive class on inner folds of each outer fold's training rows, so that the
/// outer predictions have seen neither label nor choice.
/// @throws UsageError  if labels are not classes, there is one class only or no such class, no
///                     candidate layer, or as stratified_folds()
HeadGapResult study_head_gap(const ProbeData& data, const HeadGapOptions& options);

}  // namespace headlens
