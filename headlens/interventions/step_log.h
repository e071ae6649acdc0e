#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "headlens/base/resumable_log.h"

namespace headlens {

/// Long work as a row of steps, each of which computes some numbers. With a file, numbers are
/// written as steps are done; work that is started again reads those instead of computing them.
class StepLog {
 public:
  /// @param path  empty: nothing is kept
  /// @param work  what the steps depend on; another work's file is refused
  /// @throws UsageError, ResourceError  as ResumableLog
  StepLog(const std::filesystem::path& path, const nlohmann::ordered_json& work);

  /// The numbers of the next step, as compute() returned them, to the last bit; read again,
  /// those that are not finite are NaN.
  /// @throws FormatError  if the file holds something else
  std::vector<double> step(const std::function<std::vector<double>()>& compute);

 private:
  std::filesystem::path path_;
  std::optional<ResumableLog> log_;
  std::size_t done_ = 0;
};

}  // namespace headlens
