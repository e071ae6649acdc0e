#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "headlens/base/resumable_log.h"
#include "headlens/results/mdl_result.h"

namespace headlens {

/// Code lengths by site, kept in a ResumableLog where there is one.
class MdlLog {
 public:
  /// @param path  empty: nothing is kept
  /// @param work  what the codes depend on; another study's log is refused
  /// @throws UsageError, FormatError, ResourceError
  MdlLog(const std::filesystem::path& path, const nlohmann::ordered_json& work);

  /// Null if it is not known yet.
  const MdlLayer* find(const std::string& site) const;
  void add(const MdlLayer& layer);

 private:
  std::optional<ResumableLog> log_;
  std::map<std::string, MdlLayer> layers_;
};

}  // namespace headlens
