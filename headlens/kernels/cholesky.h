#pragma once

#include <cstdint>

#include "headlens/kernels/transposed_product.h"

namespace headlens {

/// Factors a symmetric positive definite matrix as U^T U in place. Only the upper triangle is read
/// and written.
/// @return  false, with the matrix spoilt, if it is not positive definite to rounding
bool factor_cholesky(std::int64_t n, StridedMatrix<double> a);

/// (U^T)^-1, lower triangular, of the factor U of factor_cholesky(); its upper triangle is zeros.
void invert_factor(std::int64_t n, StridedMatrix<const double> u, StridedMatrix<double> inverse);

/// Columns [first, end) of the upper triangle of A^-1 = L^T L from L = (U^T)^-1. Different columns
/// may be computed by different threads.
void inverse_columns(std::int64_t n, StridedMatrix<const double> lower, std::int64_t first,
                     std::int64_t end, StridedMatrix<double> inverse);

/// Solves A x = b for `columns` right-hand sides in place, from the factor U; b is [n, columns].
void solve_cholesky(std::int64_t n, StridedMatrix<const double> u, std::int64_t columns,
                    StridedMatrix<double> b);

}  // namespace headlens
