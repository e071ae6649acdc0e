#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/learn/folds.h"
#include "headlens/probing/probe_data.h"

namespace headlens {

/// What stays together when rows are split.
enum class SplitGroup : std::uint8_t { row, sentence, document, word_type };

std::string to_string(SplitGroup group);
std::optional<SplitGroup> parse_split_group(std::string_view name);

/// One number a row, equal for rows of one group.
std::vector<std::int32_t> groups_of(const ProbeData& data, SplitGroup group);

/// Rows by what they are for, ascending.
struct ProbeSplit {
  std::vector<std::int64_t> train = {}, validation = {}, test = {};
};

/// Parts as files: the first harvest is trained on, the last is tested; of three, the second is the
/// validation part.
/// @throws UsageError  if there are not two or three parts, or one has no row
ProbeSplit split_by_part(const ProbeData& data);

/// Groups drawn at random from `seed`: shares of groups, not of rows.
/// @throws UsageError  if a share makes no sense, or a part is left without a row
ProbeSplit split_at_random(const ProbeData& data, SplitGroup group, double validation_share,
                           double test_share, std::uint64_t seed);

/// Stratified by class, as scikit-learn's StratifiedKFold(shuffle=False), where the group is the
/// row; real values then have consecutive folds. Otherwise whole groups, as GroupKFold.
/// @throws UsageError  as stratified_folds() and group_folds()
Folds probe_folds(const ProbeData& data, int n_folds, SplitGroup group);

}  // namespace headlens
