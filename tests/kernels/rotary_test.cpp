#include "headlens/kernels/rotary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

/// A pair turns as a complex number does that is multiplied by exp(i angle).
TEST(Rotary, TurnsEachPairByItsAngle) {
  for_each_target([] {
    for (const int n_pairs : {0, 1, 2, 3, 5, 8, 16, 31, 32, 64}) {
      const std::vector<float> head = random_numbers(2 * n_pairs + 3, n_pairs);
      std::vector<float> cosine, sine, turned = head;
      std::vector<double> angle;
      for (int i = 0; i < n_pairs; ++i) {
        angle.push_back(17.0 / (i + 1));
        cosine.push_back(static_cast<float>(std::cos(angle[i])));
        sine.push_back(static_cast<float>(std::sin(angle[i])));
      }
      rotate_half(turned.data(), cosine.data(), sine.data(), n_pairs);
      for (int i = 0; i < n_pairs; ++i) {
        const std::complex<double> pair =
            std::complex<double>(head[i], head[i + n_pairs]) * std::polar(1.0, angle[i]);
        ASSERT_NEAR(turned[i], pair.real(), 1e-6);
        ASSERT_NEAR(turned[i + n_pairs], pair.imag(), 1e-6);
      }
      for (std::size_t i = 2 * n_pairs; i < head.size(); ++i) {
        ASSERT_EQ(turned[i], head[i]) << "what is not rotated stays";
      }
    }
  });
}

/// (y, rotated x) is (gradient of y, x), whatever the cosines and sines are.
TEST(Rotary, GradientIsTheTranspose) {
  constexpr int kPairs = 5;
  const std::vector<float> x = random_numbers(2 * kPairs, 1), y = random_numbers(2 * kPairs, 2);
  const std::vector<float> cosine = random_numbers(kPairs, 3), sine = random_numbers(kPairs, 4);
  std::vector<float> rotated = x, gradient = y;
  rotate_half(rotated.data(), cosine.data(), sine.data(), kPairs);
  rotate_half_vjp(gradient.data(), cosine.data(), sine.data(), kPairs);
  double forward = 0, backward = 0;
  for (int i = 0; i < 2 * kPairs; ++i) {
    forward += static_cast<double>(y[i]) * rotated[i];
    backward += static_cast<double>(gradient[i]) * x[i];
  }
  EXPECT_GT(std::abs(forward), 0.1);
  EXPECT_NEAR(forward, backward, 1e-6);
}

}  // namespace
}  // namespace headlens
