#include "headlens/learn/random_eraser.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {

std::vector<double> normal_numbers(std::int64_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  // Box and Muller's (1958), because std::normal_distribution differs between libraries.
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  std::vector<double> numbers(n);
  for (double& number : numbers) {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    number = radius * std::cos(2 * std::numbers::pi * uniform());
  }
  return numbers;
}

std::int64_t extend_basis(std::vector<double>& basis, std::int64_t width,
                          const std::vector<double>& rows) {
  constexpr double kRounding = 1e-6;
  const auto before = static_cast<std::int64_t>(basis.size()) / width;
  std::vector<double> row(width);
  const auto dot = [&](const double* a, const double* b) {
    return std::inner_product(a, a + width, b, 0.0);
  };
  for (std::size_t first = 0; first < rows.size(); first += width) {
    row.assign(rows.begin() + static_cast<std::ptrdiff_t>(first),
               rows.begin() + static_cast<std::ptrdiff_t>(first) + width);
    const double size = std::sqrt(dot(row.data(), row.data()));
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t i = 0; i < basis.size(); i += width) {
        const double* known = basis.data() + i;
        const double amount = dot(row.data(), known);
        for (std::int64_t j = 0; j < width; ++j) row[j] -= amount * known[j];
      }
    }
    const double left = std::sqrt(dot(row.data(), row.data()));
    if (!(left > kRounding * size)) continue;
    for (const double value : row) basis.push_back(value / left);
  }
  return static_cast<std::int64_t>(basis.size()) / width - before;
}

LinearEraser random_orthogonal_eraser(std::vector<double> mean, std::int64_t rank,
                                      std::uint64_t seed) {
  const auto width = static_cast<std::int64_t>(mean.size());
  if (rank < 0 || rank > width) {
    throw UsageError("a random eraser of " + std::to_string(width) + " columns cannot take away " +
                     std::to_string(rank) + " directions");
  }
  LinearEraser eraser{.rank = rank, .mean = std::move(mean)};
  extend_basis(eraser.left, width, normal_numbers(rank * width, seed));
  eraser.right = eraser.left;
  return eraser;
}

}  // namespace headlens
