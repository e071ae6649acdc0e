#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "headlens/probing/harvest_options.h"
#include "headlens/probing/structural_study.h"
#include "headlens/run/session.h"

namespace headlens {

struct StructuralRequest {
  /// CoNLL-U files. Without a test file a share of the sentences of `data` is held out, without a
  /// validation file a tenth of those that are left. Empty `data`: sentences of the built-in
  /// grammar.
  std::filesystem::path data = {}, validation = {}, test = {};
  double test_share = 0.2, validation_share = 0.1;
  std::int64_t max_words = 0, max_test_words = 0;  ///< in whole sentences; 0: all
  HarvestOptions harvest = {};                     ///< its sites and unit are not looked at
  std::uint64_t seed = 0;  ///< of shares, probes, intervals and tests, and of the grammar
  StructuralStudyOptions study = {};
  bool shows_parse = true;  ///< of the sentence that study.parse names, or else a short one
  /// Whether a model of random weights is probed too, whose best layer is a baseline.
  bool random_model = false;
};

/// Harvests the states that are needed into folders below `states`, each of which is reused when it
/// is there, and studies them.
/// @param states  exists
/// @throws UsageError, FormatError, ResourceError, CancelledError  as open_corpus(), harvest(),
///     trees_of() and study_structure()
StructuralResult run_structural(Session& session, const StructuralRequest& request,
                                const std::filesystem::path& states);

}  // namespace headlens
