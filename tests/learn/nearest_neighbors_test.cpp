#include "headlens/learn/nearest_neighbors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

/// On states with massive activations too, whose float32 products say little of small distances.
TEST(NearestNeighbors, AreScikitLearns) {
  for (const auto& expected : structure_golden()["neighbors"]) {
    const std::string name = expected["name"];
    SCOPED_TRACE(name + " " + expected["metric"].get<std::string>());
    const Tensor x = learn_array(name);
    const auto labels = learn_golden()["logistic"][name]["labels"].get<std::vector<std::int32_t>>();
    const std::int64_t n = expected["rows"], d = x.size(1);
    const NearestNeighborsOptions options{.k = expected["k"],
                                          .metric = expected["metric"] == "cosine"
                                                        ? NeighborMetric::cosine
                                                        : NeighborMetric::euclidean};
    const Neighbors found =
        nearest_neighbors({x.data(), {n, d}}, {x.data() + n * d, {x.size(0) - n, d}}, options);
    EXPECT_EQ(found.rows, expected["neighbors"].get<std::vector<std::int32_t>>());
    expect_near_all(found.distances, expected["distances"], 1e-9);
    EXPECT_EQ(predict_by_neighbors(found, std::span(labels).first(n)),
              expected["predicted"].get<std::vector<std::int32_t>>());
  }
}

/// More rows than one block of products has.
TEST(NearestNeighbors, FindARowItself) {
  constexpr std::int64_t kRows = 5000, kColumns = 6;
  Tensor x({kRows, kColumns});
  for (std::int64_t i = 0; i < kRows * kColumns; ++i) {
    x.data()[i] = static_cast<float>(std::sin(0.7 * static_cast<double>(i * i % 7919)));
  }
  const Neighbors found =
      nearest_neighbors(matrix(x), {x.data() + 4000 * kColumns, {900, kColumns}}, {.k = 2});
  for (std::int64_t q = 0; q < 900; ++q) {
    EXPECT_EQ(found.distances[2 * q], 0);
    EXPECT_LE(found.rows[2 * q], 4000 + q);
  }
}

TEST(NearestNeighbors, VoteForTheSmallestOfEqualLabels) {
  EXPECT_EQ(predict_by_neighbors({.k = 4, .rows = {0, 1, 2, 3}, .distances = {}},
                                 std::vector<std::int32_t>{9, 4, 9, 4}),
            std::vector<std::int32_t>{4});
}

TEST(NearestNeighbors, RefuseWhatMakesNoSense) {
  Tensor x = Tensor::zeros({3, 2}), narrow = Tensor::zeros({3, 1});
  x.data()[0] = 1;
  EXPECT_THROW(nearest_neighbors(matrix(x), matrix(x), {.k = 4}), UsageError);
  EXPECT_THROW(nearest_neighbors(matrix(x), matrix(x), {.k = 0}), UsageError);
  EXPECT_THROW(nearest_neighbors(matrix(x), matrix(x), {.k = 1, .metric = NeighborMetric::cosine}),
               UsageError);
  EXPECT_THROW(nearest_neighbors(matrix(x), matrix(narrow), {.k = 1}), ShapeError);
  x.data()[3] = NAN;
  EXPECT_THROW(nearest_neighbors(matrix(x), matrix(x), {.k = 1}), UsageError);
}

}  // namespace
}  // namespace headlens
