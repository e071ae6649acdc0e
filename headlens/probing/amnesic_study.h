#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/probing/amnesic_eraser.h"
#include "headlens/probing/amnesic_sentences.h"
#include "headlens/probing/probe_data.h"
#include "headlens/results/amnesic_result.h"
#include "headlens/run/session.h"

namespace headlens {

struct AmnesicStudyOptions {
  std::vector<int> layers = {};  ///< hidden states
  ErasureMethod method = ErasureMethod::leace;
  int inlp_rounds = 35;
  int random_erasers = 3;
  std::uint64_t seed = 0;  ///< of random erasers, of intervals and tests
  int resamples = 10000;
  double confidence = 0.95;
  std::int64_t memory_bytes = std::int64_t{1} << 30;
  /// Where each layer's numbers are kept as they are known; empty: nowhere.
  std::filesystem::path log = {};
  nlohmann::ordered_json work = {};  ///< what the numbers depend on besides these options
  ProgressCallback progress = {};
};

/// Amnesic probing (Elazar et al. 2021, arXiv:2006.00995): a concept is erased from the hidden
/// state of one layer, and what the model predicts then is compared with what it predicts with as
/// many random directions erased, and with the labels given back. There the labels are given back
/// as new dimensions and the model is trained on; here each erased word gets the part of its
/// class's mean that was taken from it, and nothing is trained.
///
/// Erasers and probes learn from the training rows; everything else is measured on other words and
/// sentences. Every prediction is that of one whole run with the edit, to rounding.
/// @param train, test  rows of `data`
/// @return  without provenance's command line, task and names of data
/// @throws UsageError, UnsupportedError, ResourceError, CancelledError
AmnesicResult study_amnesic(Session& session, const ProbeData& data,
                            const std::vector<std::int64_t>& train,
                            const std::vector<std::int64_t>& test,
                            const std::vector<AmnesicSentence>& sentences,
                            const AmnesicStudyOptions& options);

}  // namespace headlens
