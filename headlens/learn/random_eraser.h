#pragma once

#include <cstdint>
#include <vector>

#include "headlens/kernels/linear_eraser.h"

namespace headlens {

/// Numbers of a standard normal distribution, the same on every platform.
std::vector<double> normal_numbers(std::int64_t n, std::uint64_t seed);

/// The control of an orthogonal eraser: the projection that takes away `rank` directions, a
/// subspace drawn uniformly at random.
/// @param mean  [width], which stays where it is
/// @throws UsageError  if rank is not 0 to width
LinearEraser random_orthogonal_eraser(std::vector<double> mean, std::int64_t rank,
                                      std::uint64_t seed);

/// Adds to an orthonormal basis what it lacks of the span of `rows`: Gram and Schmidt's process,
/// twice, which is enough (Giraud et al. 2005). What of a row is left out of the basis by less than
/// 1e-6 of it is taken for rounding.
/// @param basis  [n, width], orthonormal rows
/// @param rows   [n_rows, width]
/// @return  rows added
std::int64_t extend_basis(std::vector<double>& basis, std::int64_t width,
                          const std::vector<double>& rows);

}  // namespace headlens
