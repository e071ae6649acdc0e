#include "headlens/learn/curvature_inverse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>

#include "headlens/tensor/tensor.h"

namespace headlens {
namespace {

/// The inverse times (sum of w x x^T + penalty) is the identity.
TEST(CurvatureInverse, InvertsTheWeightedProducts) {
  constexpr std::int64_t kRows = 500, kColumns = 150;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Tensor x({kRows, kColumns});
  for (float& value : x.values()) value = normal(random);
  const ExampleMatrix examples(std::as_const(x).view<2>());
  const std::int64_t n = examples.n_features();
  std::vector<float> weights(examples.n_blocks() * examples.block_rows());
  for (std::int64_t i = 0; i < kRows; ++i) weights[i] = static_cast<float>(i % 7) / 7;
  std::vector<double> penalty(n, 0.5);
  penalty.back() = 0;
  CurvatureInverse inverse(n);
  CurvatureSums sums(n);
  sums.clear({0, sums.n_tiles()});
  sums.add(examples, WeightedRows::above(0, weights), {0, sums.n_tiles()});
  sums.factor(penalty);
  for (std::int64_t t = 0; t < sums.n_tiles(); ++t) inverse.take_tile(t, sums);

  // Columns 0 and 100 and the last of the matrix, computed slowly.
  constexpr std::int64_t kStride = 16;
  std::vector<float> matrix(n * kStride), product(n * kStride);
  const std::int64_t columns[] = {0, 100, n - 1};
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t c = 0; c < 3; ++c) {
      double sum = j == columns[c] ? penalty[j] : 0;
      for (std::int64_t i = 0; i < kRows; ++i) {
        sum += static_cast<double>(weights[i]) * examples.row(i)[j] * examples.row(i)[columns[c]];
      }
      matrix[j * kStride + c] = static_cast<float>(sum);
    }
  }
  inverse.apply({0, 60}, matrix.data(), 3, kStride, product.data());
  inverse.apply({60, n}, matrix.data(), 3, kStride, product.data());
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(product[j * kStride + c], j == columns[c] ? 1 : 0, 2e-4) << j << " " << c;
    }
  }
}

}  // namespace
}  // namespace headlens
