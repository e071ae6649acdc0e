#include "headlens/learn/folds.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

void check(std::int64_t n_rows, int n_folds) {
  if (n_folds < 2) {
    throw UsageError("cross-validation needs two folds at least, not " + std::to_string(n_folds));
  }
  if (n_rows < n_folds) {
    throw UsageError(std::to_string(n_rows) + " examples cannot make " + std::to_string(n_folds) +
                     " folds; ask for fewer");
  }
}

/// Values numbered from 0 in the order in which they first appear, and how often each does.
struct Numbered {
  std::vector<std::int32_t> index;
  std::vector<std::int64_t> count;
};

Numbered number_by_appearance(std::span<const std::int32_t> values) {
  Numbered numbered;
  std::map<std::int32_t, std::int32_t> known;
  for (const std::int32_t value : values) {
    const auto next = static_cast<std::int32_t>(known.size());
    const std::int32_t index = known.emplace(value, next).first->second;
    if (index == next) numbered.count.push_back(0);
    ++numbered.count[index];
    numbered.index.push_back(index);
  }
  return numbered;
}

std::string warning_about(std::int64_t smallest, int n_folds) {
  if (smallest >= n_folds) return "";
  return "the smallest class has " + std::to_string(smallest) + " examples, fewer than the " +
         std::to_string(n_folds) + " folds: some fold lacks it";
}

}  // namespace

std::vector<float> Folds::training_weights(int fold) const {
  std::vector<float> weights(test_fold.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = test_fold[i] == fold ? 0 : 1;
  return weights;
}

std::vector<std::int64_t> Folds::test_rows(int fold) const {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < test_fold.size(); ++i) {
    if (test_fold[i] == fold) rows.push_back(static_cast<std::int64_t>(i));
  }
  return rows;
}

Folds consecutive_folds(std::int64_t n_rows, int n_folds) {
  check(n_rows, n_folds);
  Folds folds{n_folds, {}, ""};
  for (int fold = 0; fold < n_folds; ++fold) {
    const std::int64_t size = n_rows / n_folds + (fold < n_rows % n_folds ? 1 : 0);
    folds.test_fold.insert(folds.test_fold.end(), size, fold);
  }
  return folds;
}

Folds stratified_folds(std::span<const std::int32_t> labels, int n_folds) {
  check(static_cast<std::int64_t>(labels.size()), n_folds);
  const Numbered classes = number_by_appearance(labels);
  if (std::ranges::max(classes.count) < n_folds) {
    throw UsageError("every class has fewer examples than the " + std::to_string(n_folds) +
                     " folds; ask for fewer folds");
  }
  Folds folds{n_folds, std::vector<std::int32_t>(labels.size()),
              warning_about(std::ranges::min(classes.count), n_folds)};
  // In the sorted labels, places i, i + n_folds, ... are fold i's: that says how many of each class
  // a fold takes. Which of them: the class's examples go to the folds in blocks.
  std::vector<std::vector<std::int32_t>> blocks(classes.count.size());
  std::int64_t place = 0;
  for (std::size_t c = 0; c < blocks.size(); ++c) {
    for (std::int64_t i = 0; i < classes.count[c]; ++i, ++place) {
      blocks[c].push_back(static_cast<std::int32_t>(place % n_folds));
    }
    std::ranges::sort(blocks[c]);
  }
  std::vector<std::size_t> taken(blocks.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int32_t c = classes.index[i];
    folds.test_fold[i] = blocks[c][taken[c]++];
  }
  return folds;
}

Folds group_folds(std::span<const std::int32_t> groups, int n_folds) {
  check(static_cast<std::int64_t>(groups.size()), n_folds);
  std::map<std::int32_t, std::int64_t> sizes;
  for (const std::int32_t group : groups) ++sizes[group];
  if (static_cast<int>(sizes.size()) < n_folds) {
    throw UsageError(std::to_string(sizes.size()) + " groups cannot make " +
                     std::to_string(n_folds) + " folds; ask for fewer");
  }
  std::vector<std::pair<std::int32_t, std::int64_t>> order(sizes.begin(), sizes.end());
  std::ranges::stable_sort(order, {}, [](const auto& group) { return group.second; });
  std::ranges::reverse(order);
  std::vector<std::int64_t> weight(n_folds);
  std::map<std::int32_t, std::int32_t> fold_of;
  for (const auto& [group, size] : order) {
    const auto lightest = std::ranges::min_element(weight) - weight.begin();
    weight[lightest] += size;
    fold_of[group] = static_cast<std::int32_t>(lightest);
  }
  Folds folds{n_folds, {}, ""};
  for (const std::int32_t group : groups) folds.test_fold.push_back(fold_of[group]);
  return folds;
}

}  // namespace headlens
