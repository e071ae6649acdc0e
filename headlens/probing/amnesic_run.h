#pragma once

#include <filesystem>

#include "headlens/probing/amnesic_study.h"
#include "headlens/probing/tasks.h"

namespace headlens {

struct AmnesicRequest {
  CorpusRequest corpus = {};
  std::int64_t max_rows = 0;  ///< of the corpus, in whole sentences; 0: all
  /// A file like the corpus's own, whose sentences are held out; empty: every fifth sentence of the
  /// corpus is.
  std::filesystem::path test = {};
  std::int64_t max_test_rows = 0;  ///< of the test file
  ProbeDataOptions labels = {};
  HarvestOptions harvest = {};  ///< its sites are set by the study's layers
  AmnesicPlaces places = AmnesicPlaces::tokens;
  double mask_share = 0.15;
  AmnesicStudyOptions study = {};  ///< no layers: all
};

/// Harvests the states that erasers and probes need into folders below `states` (train and test),
/// which are gone on with or reused, and studies what the model predicts without the concept.
/// @param states  exists
/// @return  without the command line
/// @throws UsageError, UnsupportedError, FormatError, ResourceError, CancelledError
AmnesicResult run_amnesic(Session& session, const AmnesicRequest& request,
                          const std::filesystem::path& states);

}  // namespace headlens
