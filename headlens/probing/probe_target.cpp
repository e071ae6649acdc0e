#include "headlens/probing/probe_target.h"

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {

std::int64_t ProbeTask::n_groups() const {
  return groups.empty() ? 0 : std::int64_t{std::ranges::max(groups)} + 1;
}

std::vector<ProbeRound> rounds_of(const Folds& folds) {
  std::vector<ProbeRound> rounds(folds.n_folds);
  for (int fold = 0; fold < folds.n_folds; ++fold) {
    for (std::size_t row = 0; row < folds.test_fold.size(); ++row) {
      auto& rows = folds.test_fold[row] == fold ? rounds[fold].test : rounds[fold].train;
      rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  return rounds;
}

ProbeTask task_of(const ProbeData& data, SplitGroup group) {
  if (group != SplitGroup::sentence && group != SplitGroup::document) {
    throw UsageError("intervals and tests draw sentences or documents");
  }
  ProbeTask task;
  task.target = {.labels = data.labels(), .values = data.values()};
  task.classes = data.classes();
  task.types = data.word_type();
  task.groups = groups_of(data, group);
  return task;
}

}  // namespace headlens
