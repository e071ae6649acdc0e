#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "headlens/probing/probe_study.h"
#include "headlens/probing/tasks.h"

namespace headlens {

/// How examples are divided into training and test.
struct ProbeDivision {
  /// Files like the corpus's own, which is then trained on; a test file ends all other ways.
  std::filesystem::path validation = {}, test = {};
  /// "COLUMN=VALUE" as CorpusRequest::where, of these files; they may be the corpus's own.
  std::string validation_where = {}, test_where = {};
  std::int64_t max_test_rows = 0;  ///< of the test file and of the validation file; 0: all
  /// Shares drawn at random from the one file; 0: none.
  double validation_share = 0, test_share = 0;
  int folds = 3;                       ///< where there is neither a test file nor a test share
  SplitGroup group = SplitGroup::row;  ///< what folds and random shares keep together
  SplitGroup resampled = SplitGroup::sentence;  ///< what intervals and tests draw
};

struct ProbeRequest {
  /// Its data may be the folder of a finished harvest instead, and so may the division's files.
  CorpusRequest corpus = {};
  std::int64_t max_rows = 0;  ///< of the corpus, in whole sentences; 0: all
  ProbeDataOptions labels = {};
  HarvestOptions harvest = {};  ///< its sites are the layers that are probed, in order
  ProbeDivision division = {};
  /// Whether a model of random weights is probed as a baseline, drawn from the study's seed.
  bool random_model = false;
  ProbeStudyOptions study = {};  ///< kind ridge is taken for real values if none was chosen
  bool chooses_kind = true;      ///< ridge for real values, else the study's kind
};

/// A probing study and what it was made from.
struct ProbeRun {
  ProbeData data;
  std::vector<ProbeRound> rounds;
  ProbeLearnerOptions learner;  ///< as it was used
  std::vector<ProbedLayer> layers;
  ProbeResult result;
};

/// Harvests the states that are needed into folders below `states` (train, validation, test and the
/// same of random-weights), each of which is reused when it is there, and studies them.
/// @param states  exists
/// @throws UsageError, FormatError, ResourceError, CancelledError  as open_corpus(), harvest(),
///     ProbeData and study_probe()
ProbeRun run_probe(Session& session, const ProbeRequest& request,
                   const std::filesystem::path& states);

}  // namespace headlens
