#include "headlens/kernels/pair_distances.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/each_target.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

struct Shape {
  int n, width, stride;
};

constexpr Shape kShapes[] = {{1, 5, 5},   {2, 1, 16},   {7, 16, 16},
                             {9, 17, 32}, {20, 64, 64}, {5, 50, 64}};

double difference(const std::vector<float>& p, const Shape& shape, int i, int j, int c) {
  return static_cast<double>(p[i * shape.stride + c]) - p[j * shape.stride + c];
}

TEST(PairDistances, AreSumsOfSquaredDifferences) {
  for_each_target([] {
    for (const Shape& shape : kShapes) {
      std::vector<float> p = random_numbers(shape.n * shape.stride, 1, 1.0f);
      for (float& value : p) value += 100;  // far from zero, where products would lose digits
      std::vector<float> distances(shape.n * shape.n, -1.0f), lengths(shape.n, -1.0f);
      squared_distances(p.data(), shape.stride, shape.n, shape.width, distances.data());
      squared_lengths(p.data(), shape.stride, shape.n, shape.width, lengths.data());
      for (int i = 0; i < shape.n; ++i) {
        double length = 0;
        for (int c = 0; c < shape.width; ++c) {
          length += static_cast<double>(p[i * shape.stride + c]) * p[i * shape.stride + c];
        }
        EXPECT_NEAR(lengths[i], length, 1e-6 * length);
        for (int j = 0; j < shape.n; ++j) {
          double sum = 0;
          for (int c = 0; c < shape.width; ++c) sum += std::pow(difference(p, shape, i, j, c), 2);
          EXPECT_NEAR(distances[i * shape.n + j], sum, 1e-5 * (1 + sum));
          EXPECT_EQ(distances[i * shape.n + j], distances[j * shape.n + i]);
        }
      }
    }
  });
}

TEST(PairDistances, HaveTheGradientOfTheirWeightedSum) {
  for_each_target([] {
    for (const Shape& shape : kShapes) {
      const std::vector<float> p = random_numbers(shape.n * shape.stride, 2, 1.0f);
      std::vector<float> weights = random_numbers(shape.n * shape.n, 3, 1.0f);
      for (int i = 0; i < shape.n; ++i) {
        for (int j = 0; j < i; ++j) weights[i * shape.n + j] = weights[j * shape.n + i];
      }
      std::vector<float> gradient(shape.n * shape.stride, 7.0f);
      pair_gradient(p.data(), shape.stride, shape.n, shape.width, weights.data(), gradient.data());
      for (int i = 0; i < shape.n; ++i) {
        for (int c = 0; c < shape.width; ++c) {
          double sum = 0;
          for (int j = 0; j < shape.n; ++j) {
            sum += 2.0 * weights[i * shape.n + j] * difference(p, shape, i, j, c);
          }
          EXPECT_NEAR(gradient[i * shape.stride + c], sum, 1e-5 * (1 + std::abs(sum)));
        }
        for (int c = shape.width; c < shape.stride; ++c) {
          EXPECT_EQ(gradient[i * shape.stride + c], 7.0f);
        }
      }
    }
  });
}

}  // namespace
}  // namespace headlens
