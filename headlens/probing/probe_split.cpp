#include "headlens/probing/probe_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::array<std::string_view, 4> kGroups = {"row", "sentence", "document", "word-type"};

void check_parts(const ProbeSplit& split, bool has_validation) {
  const std::string_view empty = split.train.empty()                          ? "training"
                                 : split.test.empty()                         ? "test"
                                 : has_validation && split.validation.empty() ? "validation"
                                                                              : "";
  if (!empty.empty()) throw UsageError(fmt::format("the {} part has no row", empty));
}

}  // namespace

std::string to_string(SplitGroup group) { return std::string(kGroups[static_cast<int>(group)]); }

std::optional<SplitGroup> parse_split_group(std::string_view name) {
  const auto found = std::ranges::find(kGroups, name);
  if (found == kGroups.end()) return std::nullopt;
  return static_cast<SplitGroup>(found - kGroups.begin());
}

std::vector<std::int32_t> groups_of(const ProbeData& data, SplitGroup group) {
  if (group == SplitGroup::sentence) return data.sentence();
  if (group == SplitGroup::document) return data.document();
  if (group == SplitGroup::word_type) return data.word_type();
  std::vector<std::int32_t> rows(data.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int32_t>(i);
  return rows;
}

ProbeSplit split_by_part(const ProbeData& data) {
  const auto n = static_cast<std::int32_t>(data.n_parts());
  if (n != 2 && n != 3) throw UsageError("a split needs a training and a test file");
  ProbeSplit split;
  for (std::int64_t row = 0; row < data.rows(); ++row) {
    const std::int32_t part = data.part()[row];
    (part == 0 ? split.train : part == n - 1 ? split.test : split.validation).push_back(row);
  }
  check_parts(split, n == 3);
  return split;
}

ProbeSplit split_at_random(const ProbeData& data, SplitGroup group, double validation_share,
                           double test_share, std::uint64_t seed) {
  if (!(validation_share >= 0 && test_share > 0 && validation_share + test_share < 1)) {
    throw UsageError("shares of the validation and test part lie between 0 and 1");
  }
  const std::vector<std::int32_t> groups = groups_of(data, group);
  std::vector<std::int32_t> order(std::ranges::max(groups) + 1);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  std::mt19937_64 random(seed);
  // The same on every platform, unlike std::shuffle.
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  const auto n = static_cast<double>(order.size());
  const auto n_test = std::llround(test_share * n),
             n_validation = std::llround(validation_share * n);
  std::vector<std::int64_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::int64_t>(i);
  ProbeSplit split;
  for (std::int64_t row = 0; row < data.rows(); ++row) {
    const std::int64_t at = place[groups[row]];
    auto& rows = at < n_test                  ? split.test
                 : at < n_test + n_validation ? split.validation
                                              : split.train;
    rows.push_back(row);
  }
  check_parts(split, validation_share > 0);
  return split;
}

Folds probe_folds(const ProbeData& data, int n_folds, SplitGroup group) {
  if (group != SplitGroup::row) return group_folds(groups_of(data, group), n_folds);
  if (data.has_real_values()) return consecutive_folds(data.rows(), n_folds);
  return stratified_folds(data.labels(), n_folds);
}

}  // namespace headlens
