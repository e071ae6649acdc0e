#include "headlens/learn/leace.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/kernels/cholesky.h"
#include "headlens/kernels/symmetric_eigen.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/random_eraser.h"

namespace headlens {
namespace {

/// Squared canonical correlations below this share of the largest are rounding: they lie where
/// columns of the concept depend on each other.
constexpr double kRounding = 1e-10;
constexpr double kRidge = 1e-10;

SecondMoments checked_moments(TensorView<const float, 2> x, TensorView<const float, 2> z) {
  check_examples(x);
  check_examples(z);
  if (x.size(0) < 2) throw UsageError("erasing a concept needs two rows of states at least");
  return {x, z};
}

/// @return  false if a column is nearly what the ones before it give
bool factor_well(std::int64_t n, StridedMatrix<double> products, double n_rows) {
  if (!factor_cholesky(n, products)) return false;
  for (std::int64_t i = 0; i < n; ++i) {
    const double pivot = products.row(i)[i];
    if (pivot * pivot < kRidge / 2 * n_rows) return false;
  }
  return true;
}

/// Leaves the Cholesky factor in place of the products of x with x.
void factor_states(SecondMoments& moments, double n_rows) {
  const std::int64_t n = moments.n_x();
  const StridedMatrix<double> products = moments.products();
  std::vector<double> kept(n * n);
  for (std::int64_t i = 0; i < n; ++i) {
    std::copy(products.row(i) + i, products.row(i) + n, kept.begin() + i * n + i);
  }
  for (double ridge = kRidge; !factor_well(n, products, n_rows); ridge *= 10) {
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy(kept.begin() + i * n + i, kept.begin() + (i + 1) * n, products.row(i) + i);
      products.row(i)[i] += n_rows * ridge;
    }
  }
}

/// a^T b of [n, k] matrices.
std::vector<double> inner_products(const std::vector<double>& a, const std::vector<double>& b,
                                   std::int64_t n, std::int64_t k) {
  std::vector<double> products(k * k);
  add_transposed_product(StridedMatrix<const double>{a.data(), k},
                         StridedMatrix<const double>{b.data(), k}, n, k, k, {products.data(), k});
  return products;
}

}  // namespace

Tensor one_hot(std::span<const std::int32_t> labels) {
  if (labels.empty()) throw UsageError("there is no label to erase");
  const std::set<std::int32_t> distinct(labels.begin(), labels.end());
  const std::vector<std::int32_t> classes(distinct.begin(), distinct.end());
  Tensor columns = Tensor::zeros({std::ssize(labels), std::ssize(classes)});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto k = std::ranges::lower_bound(classes, labels[i]) - classes.begin();
    columns.data()[i * classes.size() + k] = 1;
  }
  return columns;
}

Leace::Leace(TensorView<const float, 2> x, TensorView<const float, 2> z)
    : moments_(checked_moments(x, z)) {
  factor_states(moments_, static_cast<double>(x.size(0)));
  const std::int64_t n = moments_.n_x(), k = moments_.n_y();
  // Concepts of unit variance, so that those of rare classes are not taken for rounding.
  std::vector<double> covariances(n * k);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t c = 0; c < k; ++c) {
      covariances[i * k + c] = moments_.products().row(i)[n + c] / moments_.of_y().deviation[c];
    }
  }
  eraser_ = eraser_of(covariances, k);
}

LinearEraser Leace::random(std::int64_t rank, std::uint64_t seed) const {
  const std::int64_t n = moments_.n_x();
  if (rank < 0 || rank > n) {
    throw UsageError("a random eraser of " + std::to_string(n) + " columns cannot take away " +
                     std::to_string(rank) + " directions");
  }
  if (rank == 0) return eraser_of({}, 0);
  // Sigma_xx = U^T U, so that U^T g lies as Sigma_xx^(1/2) times a rotation of g does.
  const std::vector<double> numbers = normal_numbers(n * rank, seed);
  std::vector<double> covariances(n * rank);
  for (std::int64_t i = 0; i < n; ++i) {
    const double* factor = moments_.products().row(i);
    for (std::int64_t j = i; j < n; ++j) {
      for (std::int64_t c = 0; c < rank; ++c) {
        covariances[j * rank + c] += factor[j] * numbers[i * rank + c];
      }
    }
  }
  return eraser_of(covariances, rank);
}

/// @param covariances  A, [width, k]
LinearEraser Leace::eraser_of(std::span<const double> covariances, std::int64_t k) const {
  const std::int64_t n = moments_.n_x();
  LinearEraser eraser{.mean = moments_.of_x().mean};
  const std::vector<double> a(covariances.begin(), covariances.end());
  std::vector<double> b = a;
  if (k > 0) solve_cholesky(n, moments_.products(), k, {b.data(), k});
  const std::vector<double> g = inner_products(a, b, n, k);
  const SymmetricEigen eigen = symmetric_eigen(k, {g.data(), k});
  while (eraser.rank < k && eigen.values[eraser.rank] > kRounding * eigen.values.front()) {
    ++eraser.rank;
  }
  const std::vector<double>& deviation = moments_.of_x().deviation;
  for (std::int64_t r = 0; r < eraser.rank; ++r) {
    const double root = std::sqrt(eigen.values[r]);
    const double* vector = eigen.vectors.data() + r * k;
    for (std::int64_t j = 0; j < n; ++j) {
      double of_a = 0, of_b = 0;
      for (std::int64_t c = 0; c < k; ++c) {
        of_a += vector[c] * a[j * k + c];
        of_b += vector[c] * b[j * k + c];
      }
      eraser.left.push_back(of_a / root * deviation[j]);
      eraser.right.push_back(of_b / root / deviation[j]);
    }
  }
  return eraser;
}

}  // namespace headlens
