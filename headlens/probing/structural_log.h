#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "headlens/base/resumable_log.h"
#include "headlens/probing/structural_outcome.h"

namespace headlens {

/// Both probes of a layer; absent where the target is not wanted.
struct LayerOutcomes {
  std::optional<StructuralOutcome> distance, depth;
};

/// Outcomes by hidden state, kept in a ResumableLog where there is one. Several threads may add.
class StructuralLog {
 public:
  /// @param path  empty: nothing is kept
  /// @param work  what the outcomes depend on; another study's log is refused
  /// @throws UsageError, FormatError, ResourceError
  StructuralLog(const std::filesystem::path& path, const nlohmann::ordered_json& work);

  /// Null if it is not known yet. Not while others add.
  const LayerOutcomes* find(int hidden_state) const;
  void add(int hidden_state, LayerOutcomes outcomes);

 private:
  void read(const std::string& line, const std::string& place);

  std::mutex mutex_;
  std::optional<ResumableLog> log_;
  std::map<int, LayerOutcomes> done_;
};

}  // namespace headlens
