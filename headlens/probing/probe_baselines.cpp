#include "headlens/probing/probe_baselines.h"

#include <algorithm>
#include <map>
#include <span>

namespace headlens {
namespace {

/// What some rows say without looking at states: their commonest label, or their mean.
class Summary {
 public:
  void add(const ProbeTarget& target, std::int64_t row) {
    if (target.is_real()) {
      sum_ += target.values[row];
      ++count_;
    } else {
      ++counts_[target.labels[row]];
    }
  }

  double prediction() const {
    if (count_ > 0) return sum_ / static_cast<double>(count_);
    return std::ranges::max_element(counts_, {}, [](const auto& entry) { return entry.second; })
        ->first;
  }

 private:
  std::map<std::int32_t, std::int64_t> counts_;
  double sum_ = 0;
  std::int64_t count_ = 0;
};

Summary summary_of(const ProbeTarget& target, std::span<const std::int64_t> rows) {
  Summary summary;
  for (const std::int64_t row : rows) summary.add(target, row);
  return summary;
}

}  // namespace

BaselinePredictions majority_baseline(const ProbeTask& task,
                                      const std::vector<ProbeRound>& rounds) {
  BaselinePredictions predictions;
  for (const ProbeRound& round : rounds) {
    predictions.emplace_back(round.test.size(), summary_of(task.target, round.train).prediction());
  }
  return predictions;
}

BaselinePredictions word_type_baseline(const ProbeTask& task,
                                       const std::vector<ProbeRound>& rounds) {
  BaselinePredictions predictions = majority_baseline(task, rounds);
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    std::map<std::int32_t, Summary> by_type;
    for (const std::int64_t row : rounds[r].train) by_type[task.types[row]].add(task.target, row);
    for (std::size_t i = 0; i < rounds[r].test.size(); ++i) {
      const auto known = by_type.find(task.types[rounds[r].test[i]]);
      if (known != by_type.end()) predictions[r][i] = known->second.prediction();
    }
  }
  return predictions;
}

}  // namespace headlens
