#include "headlens/kernels/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace headlens {
namespace {

SymmetricEigen eigen_of(const std::vector<double>& a, std::int64_t n) {
  return symmetric_eigen(n, {a.data(), n});
}

TEST(SymmetricEigen, TwoByTwo) {
  const SymmetricEigen eigen = eigen_of({2, 1, 1, 2}, 2);
  EXPECT_NEAR(eigen.values[0], 3, 1e-15);
  EXPECT_NEAR(eigen.values[1], 1, 1e-15);
  EXPECT_NEAR(std::abs(eigen.vectors[0]), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(eigen.vectors[0], eigen.vectors[1], 1e-15);
}

TEST(SymmetricEigen, MakesTheMatrixAgain) {
  constexpr std::int64_t n = 23;
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  std::vector<double> a(n * n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) a[i * n + j] = a[j * n + i] = normal(random);
  }
  const auto [values, vectors] = eigen_of(a, n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double product = 0, inner = 0;
      for (std::int64_t k = 0; k < n; ++k) {
        product += values[k] * vectors[k * n + i] * vectors[k * n + j];
        inner += vectors[i * n + k] * vectors[j * n + k];
      }
      EXPECT_NEAR(product, a[i * n + j], 1e-12);
      EXPECT_NEAR(inner, i == j ? 1 : 0, 1e-13);
    }
    if (i > 0) {
      EXPECT_GE(values[i - 1], values[i]);
    }
  }
}

/// Scaled rows and columns keep their digits.
TEST(SymmetricEigen, SmallValuesBesideLargeOnes) {
  const std::vector<double> a{1e10, 1, 0, 1, 2e-8, 0, 0, 0, 0};
  const SymmetricEigen eigen = eigen_of(a, 3);
  EXPECT_NEAR(eigen.values[1], 2e-8 - 1e-10, 1e-15);
  EXPECT_EQ(eigen.values[2], 0);
}

}  // namespace
}  // namespace headlens
