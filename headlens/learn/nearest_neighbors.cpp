#include "headlens/learn/nearest_neighbors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/kernels/packed_linear.h"
#include "headlens/learn/example_matrix.h"

namespace headlens {
namespace {

constexpr std::int64_t kQueriesOfBlock = 64, kRowsOfBlock = 2048;

/// States as they are compared: without the rows' means, or of unit length.
struct Points {
  std::int64_t n, width;
  std::vector<float> values;    ///< [n, width], rounded
  std::vector<double> squares;  ///< [n], of the rounded values
  std::vector<double> lengths;  ///< their roots

  Points(TensorView<const float, 2> x, std::span<const double> centre, NeighborMetric metric)
      : n(x.size(0)), width(x.size(1)), values(n * width), squares(n) {
    for (std::int64_t i = 0; i < n; ++i) {
      double length = 1;
      if (metric == NeighborMetric::cosine) {
        double sum = 0;
        for (std::int64_t j = 0; j < width; ++j) sum += static_cast<double>(x(i, j)) * x(i, j);
        if (sum == 0) {
          throw UsageError("state " + std::to_string(i) + " is zero, which has no direction");
        }
        length = std::sqrt(sum);
      }
      for (std::int64_t j = 0; j < width; ++j) {
        const double value =
            metric == NeighborMetric::cosine ? x(i, j) / length : x(i, j) - centre[j];
        values[i * width + j] = static_cast<float>(value);
        squares[i] += std::pow(values[i * width + j], 2);
      }
      lengths.push_back(std::sqrt(squares[i]));
    }
  }
};

/// Squared distance in double of two states as they were given.
double exact(TensorView<const float, 2> a, std::int64_t i, TensorView<const float, 2> b,
             std::int64_t j, NeighborMetric metric) {
  double ab = 0, aa = 0, bb = 0, sum = 0;
  for (std::int64_t c = 0; c < a.size(1); ++c) {
    const double x = a(i, c), y = b(j, c);
    sum += (x - y) * (x - y);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return metric == NeighborMetric::euclidean ? std::sqrt(sum) : 1 - ab / std::sqrt(aa * bb);
}

class Search {
 public:
  Search(TensorView<const float, 2> rows, TensorView<const float, 2> queries,
         const NearestNeighborsOptions& options)
      : rows_(rows),
        queries_(queries),
        options_(options),
        centre_(column_means(rows)),
        targets_(rows, centre_, options.metric),
        sources_(queries, centre_, options.metric) {
    for (std::int64_t first = 0; first < targets_.n; first += kRowsOfBlock) {
      const std::int64_t n = std::min(kRowsOfBlock, targets_.n - first);
      blocks_.emplace_back(n, targets_.width, Precision::f32, false);
      blocks_.back().pack_rows(0, n, targets_.values.data() + first * targets_.width);
    }
  }

  Neighbors run() {
    found_.k = options_.k;
    found_.rows.resize(queries_.size(0) * options_.k);
    found_.distances.resize(found_.rows.size());
    const std::int64_t n = queries_.size(0);
    parallel_for((n + kQueriesOfBlock - 1) / kQueriesOfBlock, [&](std::ptrdiff_t block) {
      check_cancellation();
      search(block * kQueriesOfBlock, std::min(n, (block + 1) * kQueriesOfBlock));
    });
    return std::move(found_);
  }

 private:
  void search(std::int64_t first, std::int64_t end) {
    const std::int64_t n = end - first;
    std::vector<float> products(n * kRowsOfBlock), near(n * targets_.n);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const std::int64_t width = blocks_[b].out_features();
      blocks_[b].multiply(sources_.values.data() + first * targets_.width, n, products.data(),
                          false);
      for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t r = 0; r < width; ++r) {
          const std::int64_t row = static_cast<std::int64_t>(b) * kRowsOfBlock + r;
          near[q * targets_.n + row] =
              static_cast<float>(targets_.squares[row] - 2.0 * products[q * width + r]);
        }
      }
    }
    for (std::int64_t q = 0; q < n; ++q) choose(first + q, near.data() + q * targets_.n);
  }

  /// @param near  [n_rows]: |row|^2 - 2 row . query, which orders rows as their distances do
  void choose(std::int64_t query, const float* near) {
    const std::int64_t k = options_.k;
    std::vector<double> highest(targets_.n);
    for (std::int64_t row = 0; row < targets_.n; ++row) {
      highest[row] = near[row] + rounding(row, query);
    }
    std::nth_element(highest.begin(), highest.begin() + (k - 1), highest.end());
    const double limit = highest[k - 1];
    std::vector<std::pair<double, std::int32_t>> candidates;
    for (std::int32_t row = 0; row < targets_.n; ++row) {
      if (near[row] - rounding(row, query) > limit) continue;
      candidates.emplace_back(exact(queries_, query, rows_, row, options_.metric), row);
    }
    std::partial_sort(candidates.begin(), candidates.begin() + k, candidates.end());
    for (std::int64_t i = 0; i < k; ++i) {
      found_.distances[query * k + i] = candidates[i].first;
      found_.rows[query * k + i] = candidates[i].second;
    }
  }

  /// How far a float32 sum of products (Higham 2002, 3.1), rounded states and the stored number may
  /// lie from the truth.
  double rounding(std::int64_t row, std::int64_t query) const {
    constexpr double kUnit = std::numeric_limits<float>::epsilon() / 2;
    const double both = targets_.lengths[row] * sources_.lengths[query];
    return kUnit * (2 * static_cast<double>(targets_.width + 4) * both + 4 * targets_.squares[row]);
  }

  TensorView<const float, 2> rows_, queries_;
  const NearestNeighborsOptions& options_;
  std::vector<double> centre_;
  Points targets_, sources_;
  std::vector<PackedLinear> blocks_;
  Neighbors found_;
};

}  // namespace

Neighbors nearest_neighbors(TensorView<const float, 2> rows, TensorView<const float, 2> queries,
                            const NearestNeighborsOptions& options) {
  check_examples(rows);
  check_examples(queries);
  if (rows.size(1) != queries.size(1)) {
    throw ShapeError("nearest neighbours", std::to_string(rows.size(1)) + " columns",
                     std::to_string(queries.size(1)));
  }
  if (options.k < 1 || options.k > rows.size(0)) {
    throw UsageError("there are 1 to " + std::to_string(rows.size(0)) + " neighbours, not " +
                     std::to_string(options.k));
  }
  return Search(rows, queries, options).run();
}

std::vector<std::int32_t> predict_by_neighbors(const Neighbors& neighbors,
                                               std::span<const std::int32_t> labels) {
  std::vector<std::int32_t> predicted;
  const auto k = static_cast<std::size_t>(neighbors.k);
  for (std::size_t first = 0; first < neighbors.rows.size(); first += k) {
    std::map<std::int32_t, int> votes;
    for (std::size_t i = 0; i < k; ++i) ++votes[labels[neighbors.rows[first + i]]];
    predicted.push_back(
        std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first);
  }
  return predicted;
}

}  // namespace headlens
