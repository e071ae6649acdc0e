#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/learn/online_code.h"
#include "headlens/probing/harvest_options.h"
#include "headlens/probing/probe_data.h"
#include "headlens/probing/tasks.h"
#include "headlens/results/mdl_result.h"
#include "headlens/run/session.h"

namespace headlens {

enum class MdlCodeKind : std::uint8_t { online, variational };

struct MdlStudyOptions {
  MdlCodeKind code = MdlCodeKind::online;
  OnlineProbe probe = OnlineLogistic{.standardize = true};  ///< of the online code
  bool control = true;
  int seeds = 1;  ///< seed, seed + 1, ...: orders of sentences, control tasks, Adam
  std::uint64_t seed = 0;
  /// Where each layer's codes are kept as they are known; empty: nowhere.
  std::filesystem::path log = {};
  nlohmann::ordered_json work = {};  ///< what the codes depend on
  ProgressCallback progress = {};
};

struct MdlSite {
  Site site;
  std::optional<int> hidden_state = {};
};

/// Code lengths of the labels given each site's states, and of a control task's labels. Sentences
/// are sent whole, in a random order. What is not known here (provenance) is left to the caller.
/// @throws UsageError  if the labels are real values, there is no site, or as online_code()
MdlResult study_mdl(const ProbeData& data, const std::vector<MdlSite>& sites,
                    const MdlStudyOptions& options);

struct MdlRequest {
  CorpusRequest corpus = {};  ///< its data may be the folder of a finished harvest
  std::int64_t max_rows = 0;  ///< in whole sentences; 0: all
  ProbeDataOptions labels = {};
  HarvestOptions harvest = {};  ///< its sites are the layers that are probed, in order
  MdlStudyOptions study = {};
};

/// Harvests the states into `states`, which is reused when they are there, and studies them.
/// @param states  exists
MdlResult run_mdl(Session& session, const MdlRequest& request, const std::filesystem::path& states);

}  // namespace headlens
