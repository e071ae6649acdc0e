#include "headlens/learn/lbfgs_memory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <numeric>
#include <random>
#include <vector>

namespace headlens {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// A diagonal H0.
Vector scaled(const Vector& g) {
  Vector out(g);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] /= 1.0 + static_cast<double>(i % 5);
  return out;
}

struct Pair {
  Vector s, y;
};

/// Nocedal's two loops.
Vector two_loops(const std::deque<Pair>& pairs, Vector g) {
  Vector a(pairs.size());
  double gamma = 1;
  for (std::size_t i = pairs.size(); i-- > 0;) {
    a[i] = dot(pairs[i].s, g) / dot(pairs[i].s, pairs[i].y);
    for (std::size_t k = 0; k < g.size(); ++k) g[k] -= a[i] * pairs[i].y[k];
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    gamma = dot(last.s, last.y) / dot(last.y, scaled(last.y));
  }
  Vector q = scaled(g);
  for (double& value : q) value *= gamma;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double b = dot(pairs[i].y, q) / dot(pairs[i].s, pairs[i].y);
    for (std::size_t k = 0; k < q.size(); ++k) q[k] += (a[i] - b) * pairs[i].s[k];
  }
  return q;
}

TEST(LbfgsMemory, IsNocedalsTwoLoops) {
  constexpr int kSize = 41, kCapacity = 4;
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  LbfgsMemory memory(kSize, kCapacity);
  std::deque<Pair> pairs;
  Vector point(kSize), gradient(kSize), old_point, old_gradient, direction(kSize);
  for (int step = 0; step < 12; ++step) {
    for (int i = 0; i < kSize; ++i) {
      point[i] += 0.3 * normal(random);
      gradient[i] = (1 + i % 3) * point[i] + std::pow(point[i], 3);  // of a convex function
    }
    if (step > 0) {
      Pair pair{point, gradient};
      for (int i = 0; i < kSize; ++i) {
        pair.s[i] -= old_point[i];
        pair.y[i] -= old_gradient[i];
      }
      pairs.push_back(pair);
      if (pairs.size() > kCapacity) pairs.pop_front();
    }
    const Vector inverse_gradient = scaled(gradient);
    const Vector old_inverse = old_gradient.empty() ? Vector(kSize) : scaled(old_gradient);
    Vector products(memory.n_products());
    for (const Range range : {Range{0, 17}, Range{17, kSize}}) {
      Vector part(memory.n_products());
      memory.write_pair({range, old_point.data(), point.data(), old_gradient.data(),
                         gradient.data(), old_inverse.data(), inverse_gradient.data()},
                        step > 0, part);
      for (std::size_t i = 0; i < part.size(); ++i) products[i] += part[i];
    }
    const double product = memory.update(step > 0, products);
    memory.write_direction({0, kSize}, inverse_gradient.data(), direction.data());
    const Vector expected = two_loops(pairs, gradient);
    EXPECT_EQ(memory.size(), static_cast<int>(pairs.size()));
    EXPECT_NEAR(product, dot(gradient, expected), 1e-9 * product);
    for (int i = 0; i < kSize; ++i) EXPECT_NEAR(-direction[i], expected[i], 1e-8) << step;
    old_point = point;
    old_gradient = gradient;
  }
}

}  // namespace
}  // namespace headlens
