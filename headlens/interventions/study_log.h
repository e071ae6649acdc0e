#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "headlens/base/resumable_log.h"
#include "headlens/results/study_result.h"

namespace headlens {

/// What one row of a prompt set gave.
struct RowEffects {
  int line = 0;
  std::string dropped = {};  ///< why, where the row was left out
  double edited = 0;         ///< metric of the run that is edited, left alone
  double source = 0;         ///< metric of the run that patches come from
  double clean = 0;          ///< metric of the clean run
  EffectGrid grid = {};      ///< the metric after the edit
};

/// A study's rows, kept in a ResumableLog where there is one.
class StudyLog {
 public:
  /// @param work  what the study is; another study's log is refused
  StudyLog(const std::filesystem::path& path, const nlohmann::ordered_json& work);

  /// Rows that are done, in order.
  const std::vector<RowEffects>& rows() const { return rows_; }
  void add(RowEffects row);

 private:
  std::optional<ResumableLog> log_;
  std::vector<RowEffects> rows_;
};

}  // namespace headlens
