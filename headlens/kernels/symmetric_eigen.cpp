#include "headlens/kernels/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace headlens {
namespace {

constexpr int kMostSweeps = 60;

/// The symmetric matrix on its way to a diagonal one, and the rotations so far.
class Jacobi {
 public:
  Jacobi(std::int64_t n, StridedMatrix<const double> a) : n_(n), a_(n * n), vectors_(n * n) {
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) at(i, j) = (a.row(i)[j] + a.row(j)[i]) / 2;
      vectors_[i * n + i] = 1;
    }
  }

  /// @return  whether anything was left to rotate
  bool sweep() {
    bool rotated = false;
    for (std::int64_t p = 0; p < n_; ++p) {
      for (std::int64_t q = p + 1; q < n_; ++q) rotated = rotate(p, q) || rotated;
    }
    return rotated;
  }

  SymmetricEigen sorted() const {
    std::vector<std::int64_t> order(n_);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::int64_t i) { return a_[i * n_ + i]; });
    SymmetricEigen result;
    for (const std::int64_t i : order) {
      result.values.push_back(a_[i * n_ + i]);
      const double* vector = vectors_.data() + i * n_;
      result.vectors.insert(result.vectors.end(), vector, vector + n_);
    }
    return result;
  }

 private:
  double& at(std::int64_t i, std::int64_t j) { return a_[i * n_ + j]; }

  bool rotate(std::int64_t p, std::int64_t q) {
    constexpr double kRounding = std::numeric_limits<double>::epsilon();
    const double off = at(p, q);
    const double size = std::sqrt(std::abs(at(p, p)) * std::abs(at(q, q)));
    if (std::abs(off) <= kRounding * size || off == 0) return false;
    const double theta = (at(q, q) - at(p, p)) / (2 * off);
    const double t = std::copysign(1 / (std::abs(theta) + std::hypot(theta, 1.0)), theta);
    const double c = 1 / std::hypot(t, 1.0), s = t * c;
    const auto turn = [c, s](double& x, double& y) {
      const double old = x;
      x = c * old - s * y;
      y = s * old + c * y;
    };
    for (std::int64_t k = 0; k < n_; ++k) turn(at(k, p), at(k, q));
    for (std::int64_t k = 0; k < n_; ++k) turn(at(p, k), at(q, k));
    for (std::int64_t k = 0; k < n_; ++k) turn(vectors_[p * n_ + k], vectors_[q * n_ + k]);
    at(p, q) = at(q, p) = 0;
    return true;
  }

  std::int64_t n_;
  std::vector<double> a_, vectors_;
};

}  // namespace

SymmetricEigen symmetric_eigen(std::int64_t n, StridedMatrix<const double> a) {
  Jacobi jacobi(n, a);
  for (int sweep = 0; sweep < kMostSweeps && jacobi.sweep(); ++sweep) {
  }
  return jacobi.sorted();
}

}  // namespace headlens
