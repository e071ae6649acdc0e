#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headlens/learn/folds.h"
#include "headlens/probing/probe_split.h"

namespace headlens {

/// What is learnt of each row: a class, or a real value. One of the two is empty.
struct ProbeTarget {
  std::vector<std::int32_t> labels = {};
  std::vector<double> values = {};
  /// Of what training draws at random.
  std::uint64_t seed = 0;

  bool is_real() const { return !values.empty(); }
  /// The label as a number, or the value.
  double number(std::int64_t row) const { return is_real() ? values[row] : labels[row]; }
};

/// A question to states, free of where the states come from. Vectors are [rows].
struct ProbeTask {
  ProbeTarget target = {};
  std::vector<std::string> classes = {};  ///< by label; empty for real values
  std::vector<std::int32_t> types = {};   ///< rows of one type share the control task's label
  std::vector<std::int32_t> groups = {};  ///< what intervals and tests draw from, numbered from 0

  std::int64_t rows() const { return static_cast<std::int64_t>(types.size()); }
  std::int64_t n_groups() const;
};

/// One training and test. Rows ascend.
using ProbeRound = ProbeSplit;

/// The rounds of cross-validation, which together test every row once.
std::vector<ProbeRound> rounds_of(const Folds& folds);

/// @param group  sentence or document
/// @throws UsageError  if the group is another
ProbeTask task_of(const ProbeData& data, SplitGroup group);

}  // namespace headlens
