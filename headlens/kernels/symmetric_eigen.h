#pragma once

#include <cstdint>
#include <vector>

#include "headlens/kernels/transposed_product.h"

namespace headlens {

struct SymmetricEigen {
  std::vector<double> values;   ///< descending
  std::vector<double> vectors;  ///< [n, n], the i-th row belongs to the i-th value
};

/// Eigenvalues and orthonormal eigenvectors of a small symmetric matrix by cyclic Jacobi rotations
/// (Golub and Van Loan, 8.5), which keep the digits of small eigenvalues. Both triangles are read.
SymmetricEigen symmetric_eigen(std::int64_t n, StridedMatrix<const double> a);

}  // namespace headlens
