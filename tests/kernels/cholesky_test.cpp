#include "headlens/kernels/cholesky.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

/// B^T B + shift I of random B, whole.
std::vector<double> positive_matrix(std::int64_t n, double shift) {
  const std::vector<float> b = random_numbers(n * n, 4);
  std::vector<double> a(n * n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t k = 0; k < n; ++k) a[i * n + j] += double{b[k * n + i]} * b[k * n + j];
    }
    a[i * n + i] += shift;
  }
  return a;
}

struct Cholesky : testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Cholesky, testing::Values(1, 2, 31, 32, 33, 64, 65, 150));

TEST_P(Cholesky, SolvesAndInverts) {
  const std::int64_t n = GetParam();
  const std::vector<double> a = positive_matrix(n, 1);
  std::vector<double> u = a, lower(n * n), inverse(n * n), x(n * 2);
  for (std::int64_t i = 0; i < 2 * n; ++i) x[i] = std::cos(static_cast<double>(i));
  const std::vector<double> b = x;
  ASSERT_TRUE(factor_cholesky(n, {u.data(), n}));
  solve_cholesky(n, {u.data(), n}, 2, {x.data(), 2});
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t t = 0; t < 2; ++t) {
      double sum = 0;
      for (std::int64_t k = 0; k < n; ++k) sum += a[i * n + k] * x[k * 2 + t];
      EXPECT_NEAR(sum, b[i * 2 + t], 1e-9) << i;
    }
  }
  invert_factor(n, {u.data(), n}, {lower.data(), n});
  inverse_columns(n, {lower.data(), n}, 0, n / 2, {inverse.data(), n});
  inverse_columns(n, {lower.data(), n}, n / 2, n, {inverse.data(), n});
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < n; ++k) {
        sum += a[i * n + k] * inverse[std::min(k, j) * n + std::max(k, j)];
      }
      EXPECT_NEAR(sum, i == j ? 1 : 0, 1e-9) << i << ", " << j;
    }
  }
}

TEST(CholeskyRefusal, MatricesThatAreNotPositive) {
  std::vector<double> zero(9), negative = positive_matrix(40, 1);
  negative[35 * 40 + 35] = -1;
  EXPECT_FALSE(factor_cholesky(3, {zero.data(), 3}));
  EXPECT_FALSE(factor_cholesky(40, {negative.data(), 40}));
}

}  // namespace
}  // namespace headlens
