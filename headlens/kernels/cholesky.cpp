#include "headlens/kernels/cholesky.h"

#include <algorithm>
#include <cmath>

namespace headlens {
namespace {

constexpr std::int64_t kBlock = 32;
constexpr std::int64_t kColumns = 64;

StridedMatrix<const double> read_only(StridedMatrix<double> m) { return {m.data, m.stride}; }

/// target -= factor * source, n numbers.
void subtract_row(double factor, const double* source, std::int64_t n, double* target) {
  for (std::int64_t j = 0; j < n; ++j) target[j] -= factor * source[j];
}

void divide_row(double divisor, std::int64_t n, double* row) {
  const double factor = 1 / divisor;
  for (std::int64_t j = 0; j < n; ++j) row[j] *= factor;
}

/// Rows [first, end) of U, from a matrix that the rows above have been taken from.
bool factor_rows(std::int64_t n, std::int64_t first, std::int64_t end, StridedMatrix<double> a) {
  for (std::int64_t i = first; i < end; ++i) {
    const double pivot = a.row(i)[i];
    if (!(pivot > 0) || !std::isfinite(pivot)) return false;
    divide_row(std::sqrt(pivot), n - i, a.row(i) + i);
    for (std::int64_t r = i + 1; r < end; ++r) {
      subtract_row(a.row(i)[r], a.row(i) + r, n - r, a.row(r) + r);
    }
  }
  return true;
}

}  // namespace

bool factor_cholesky(std::int64_t n, StridedMatrix<double> a) {
  for (std::int64_t first = 0; first < n; first += kBlock) {
    const std::int64_t end = std::min(n, first + kBlock);
    if (!factor_rows(n, first, end, a)) return false;
    for (std::int64_t j = end; j < n; j += kColumns) {
      const std::int64_t j_end = std::min(n, j + kColumns);
      subtract_transposed_product(read_only(a.at(first, end)), read_only(a.at(first, j)),
                                  end - first, j_end - end, j_end - j, a.at(end, j));
    }
  }
  return true;
}

void invert_factor(std::int64_t n, StridedMatrix<const double> u, StridedMatrix<double> inverse) {
  for (std::int64_t first = 0; first < n; first += kBlock) {
    const std::int64_t end = std::min(n, first + kBlock);
    for (std::int64_t i = first; i < end; ++i) {
      std::fill_n(inverse.row(i), n, 0.0);
      inverse.row(i)[i] = 1;
    }
    for (std::int64_t j = 0; j < first; j += kColumns) {
      const std::int64_t width = std::min(first, j + kColumns) - j;
      subtract_transposed_product(u.at(j, first), read_only(inverse.at(j, j)), first - j,
                                  end - first, width, inverse.at(first, j));
    }
    for (std::int64_t i = first; i < end; ++i) {
      for (std::int64_t r = first; r < i; ++r) {
        subtract_row(u.row(r)[i], inverse.row(r), r + 1, inverse.row(i));
      }
      divide_row(u.row(i)[i], i + 1, inverse.row(i));
    }
  }
}

void inverse_columns(std::int64_t n, StridedMatrix<const double> lower, std::int64_t first,
                     std::int64_t end, StridedMatrix<double> inverse) {
  for (std::int64_t j = first; j < end; j += kColumns) {
    const std::int64_t j_end = std::min(end, j + kColumns);
    for (std::int64_t i = 0; i < j_end; ++i)
      std::fill(inverse.row(i) + j, inverse.row(i) + j_end, 0);
    // Row k of `lower` reaches column j from k = j on.
    add_transposed_product(lower.at(j, 0), lower.at(j, j), n - j, j_end, j_end - j,
                           inverse.at(0, j));
  }
}

void solve_cholesky(std::int64_t n, StridedMatrix<const double> u, std::int64_t columns,
                    StridedMatrix<double> b) {
  for (std::int64_t i = 0; i < n; ++i) {
    divide_row(u.row(i)[i], columns, b.row(i));
    for (std::int64_t r = i + 1; r < n; ++r) subtract_row(u.row(i)[r], b.row(i), columns, b.row(r));
  }
  for (std::int64_t i = n; i-- > 0;) {
    for (std::int64_t r = i + 1; r < n; ++r) subtract_row(u.row(i)[r], b.row(r), columns, b.row(i));
    divide_row(u.row(i)[i], columns, b.row(i));
  }
}

}  // namespace headlens
