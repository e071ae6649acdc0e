#pragma once

#include <cstdint>

namespace headlens {

/// A row-major matrix that someone else holds; the stride is in elements.
template <typename T>
struct StridedMatrix {
  T* data;
  std::int64_t stride;

  T* row(std::int64_t i) const { return data + i * stride; }
  StridedMatrix at(std::int64_t i, std::int64_t j) const { return {row(i) + j, stride}; }
};

/// c[i, j] += sum over k < depth of a[k, i] b[k, j], for i < rows and j < columns: A^T B of two
/// row-major matrices, which are not transposed in memory. Each sum is taken in the order of k in
/// float32, whatever the sizes, and then added in double. On the calling thread alone.
void add_transposed_product(StridedMatrix<const float> a, StridedMatrix<const float> b,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns,
                            StridedMatrix<double> c);

/// The same in double throughout.
void add_transposed_product(StridedMatrix<const double> a, StridedMatrix<const double> b,
                            std::int64_t depth, std::int64_t rows, std::int64_t columns,
                            StridedMatrix<double> c);

/// c -= A^T B in double. c may not overlap a and b.
void subtract_transposed_product(StridedMatrix<const double> a, StridedMatrix<const double> b,
                                 std::int64_t depth, std::int64_t rows, std::int64_t columns,
                                 StridedMatrix<double> c);

}  // namespace headlens
