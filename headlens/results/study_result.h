#pragma once

#include <string>
#include <vector>

#include "headlens/results/sweep_result.h"

namespace headlens {

/// What a set of prompts says of one place of a sweep. Effects are changes of the metric against
/// the run that was edited.
struct PlaceEffect {
  double mean = 0;
  double low = 0, high = 0;  ///< bootstrap interval of the mean
  double cohen_d = 0;        ///< mean / standard deviation over prompts
  double p = 0;              ///< sign-flip permutation test, two-sided
  double p_holm = 0;         ///< corrected over the grid: chance of any false finding
  double p_bh = 0;           ///< corrected over the grid: share of false findings
};

/// A row of the set that was left out, and why.
struct DroppedPrompt {
  int line = 0;
  std::string reason;
};

/// The same sweep over many prompts, with statistics that are corrected over its whole grid.
struct StudyResult {
  Provenance provenance;
  std::string analysis;  ///< "ablation" or "patch"
  std::string prompts_file;
  std::string site;
  std::string kind;  ///< of the ablation, or direction of the patch
  std::string metric;
  int n_prompts = 0;
  std::vector<DroppedPrompt> dropped;
  /// Mean metric of the edited runs left alone, and its interval; of the clean runs for ablation.
  double base_mean = 0, base_low = 0, base_high = 0;
  double source_mean = 0;  ///< of the runs that patches come from
  double accuracy = 0;     ///< share of prompts whose clean run prefers the answer to the foil
  double confidence = 0.95;
  int resamples = 0, flips = 0;
  std::vector<GridAxis> axes;
  std::vector<PlaceEffect> places;  ///< C order over the axes
};

/// Places whose corrected p-value is at most `level`.
int count_significant(const StudyResult& result, double PlaceEffect::*p, double level);

}  // namespace headlens
