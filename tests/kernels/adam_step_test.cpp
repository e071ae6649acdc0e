#include "headlens/kernels/adam_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

/// The formula number by number in double; what lies behind the last number stays as it is.
TEST(AdamStep, IsThatOfEachNumberAlone) {
  const AdamFactors factors{.mean_gain = 0.1f,
                            .square_keep = 0.999f,
                            .size = 0.01f,
                            .root = std::sqrt(0.001f),
                            .epsilon = 1e-8f};
  for_each_target([&] {
    for (const int n : {1, 7, 16, 17, 33, 100}) {
      const std::vector<float> g = random_numbers(n, 1, 2.0f), start = random_numbers(n, 2, 1.0f);
      const std::vector<double> gradient(g.begin(), g.end());
      std::vector<float> mean(n + 1, 0.25f), square(n + 1, 0.5f), parameters = start;
      parameters.push_back(9.0f);
      adam_step(gradient.data(), n, factors, mean.data(), square.data(), parameters.data());
      for (int i = 0; i < n; ++i) {
        const double m = 0.25 + (g[i] - 0.25) * 0.1, s = 0.5 * 0.999 + g[i] * g[i] * 0.001;
        EXPECT_NEAR(mean[i], m, 1e-6);
        EXPECT_NEAR(square[i], s, 1e-6);
        EXPECT_NEAR(parameters[i], start[i] - 0.01 * m / (std::sqrt(s) / std::sqrt(0.001) + 1e-8),
                    1e-6);
      }
      EXPECT_EQ(mean[n], 0.25f);
      EXPECT_EQ(square[n], 0.5f);
      EXPECT_EQ(parameters[n], 9.0f);
    }
  });
}

}  // namespace
}  // namespace headlens
