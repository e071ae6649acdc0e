#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/tensor/view.h"

namespace headlens {

enum class NeighborMetric : std::uint8_t { euclidean, cosine };

struct NearestNeighborsOptions {
  int k = 5;
  NeighborMetric metric = NeighborMetric::euclidean;
};

/// Rows of `rows` nearest to each query, nearest first; of equally near ones the first.
struct Neighbors {
  int k = 0;
  std::vector<std::int32_t> rows;  ///< [query, k]
  std::vector<double> distances;   ///< [query, k]: Euclidean, or 1 - cosine
};

/// Exact neighbours: products of blocks in float32 find candidates, a bound on their rounding keeps
/// every row that could be among the k, and those are measured again in double.
/// @param rows     [n_rows, n_columns]
/// @param queries  [n_queries, n_columns]
/// @throws UsageError  if a state is not finite, k is not 1 to n_rows, or under cosine a state is
///                     zero
/// @throws ShapeError  if the columns differ
/// @throws CancelledError
Neighbors nearest_neighbors(TensorView<const float, 2> rows, TensorView<const float, 2> queries,
                            const NearestNeighborsOptions& options = {});

/// The label that most of the k neighbours have; of equally frequent ones the smallest, as
/// scikit-learn's KNeighborsClassifier. A probe without parameters: what is close is alike.
/// @param labels  [n_rows]
/// @return        [n_queries]
std::vector<std::int32_t> predict_by_neighbors(const Neighbors& neighbors,
                                               std::span<const std::int32_t> labels);

}  // namespace headlens
