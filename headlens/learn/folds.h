#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace headlens {

/// Which fold each example is tested in; it is trained on in all others.
struct Folds {
  int n_folds = 0;
  std::vector<std::int32_t> test_fold;  ///< [n_rows], 0 .. n_folds - 1
  /// One line on what a reader should know of these folds, such as a class with fewer examples than
  /// folds; empty if there is nothing.
  std::string warning;

  /// 1 for training rows, 0 for the fold's test rows: [n_rows].
  std::vector<float> training_weights(int fold) const;
  std::vector<std::int64_t> test_rows(int fold) const;
};

/// Consecutive rows, as scikit-learn's KFold without shuffling.
/// @throws UsageError  if there are fewer than two folds, or fewer examples than folds
Folds consecutive_folds(std::int64_t n_rows, int n_folds);

/// The same share of each class in every fold, by the assignment of scikit-learn's StratifiedKFold
/// without shuffling.
/// @throws UsageError  as above, or if every class has fewer examples than there are folds; where
///     only some have, Folds::warning says so
Folds stratified_folds(std::span<const std::int32_t> labels, int n_folds);

/// Each group (a sentence, a document, a word type) in one fold, by the assignment of
/// scikit-learn's GroupKFold: the largest groups first, each to the lightest fold.
/// @throws UsageError  if there are fewer than two folds, or fewer groups than folds
Folds group_folds(std::span<const std::int32_t> groups, int n_folds);

}  // namespace headlens
