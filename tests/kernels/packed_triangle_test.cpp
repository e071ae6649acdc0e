#include "headlens/kernels/packed_triangle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

void expect_product(std::int64_t n) {
  SCOPED_TRACE(n);
  const std::int64_t stride = n + 3, padded = padded_triangle_rows(n);
  const std::vector<float> numbers = random_numbers(n * stride, 1);
  // What lies above the diagonal is not the triangle's.
  const std::vector<double> lower(numbers.begin(), numbers.end());
  const std::vector<float> x = random_numbers(padded, 2);
  std::vector<double> middle(n), expected(n), scale(n, 1.0);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) middle[i] += lower[i * stride + j] * x[j];
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      expected[j] += lower[i * stride + j] * middle[i];
      scale[j] += std::abs(lower[i * stride + j] * middle[i]);
    }
  }
  std::vector<float> packed(packed_triangle_size(n)), out(padded, 7.0f);
  pack_triangle(n, {lower.data(), stride}, packed.data());
  apply_triangle_twice(n, packed.data(), x.data(), out.data());
  for (std::int64_t j = 0; j < n; ++j) ASSERT_NEAR(out[j], expected[j], 2e-6 * scale[j]) << j;
  for (std::int64_t j = n; j < padded; ++j) ASSERT_EQ(out[j], 0) << j;
}

TEST(PackedTriangle, IsTwoSlowProducts) {
  for_each_target([] {
    for (const std::int64_t n : {1, 15, 16, 17, 100, 577}) expect_product(n);
  });
}

}  // namespace
}  // namespace headlens
