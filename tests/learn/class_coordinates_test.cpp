#include "headlens/learn/class_coordinates.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace headlens {
namespace {

/// Expanding keeps the norm and leaves nothing along the redundant direction.
TEST(ClassCoordinates, AreAnOrthonormalBasisOfWhatMatters) {
  for (const int n : {3, 4, 17, 50}) {
    const ClassCoordinates coordinates(n);
    std::vector<double> v(n - 1), scores(n), back(n - 1);
    for (int c = 0; c < n - 1; ++c) v[c] = 0.3 * c * c - c + 1;
    coordinates.expand(v.data(), scores.data());
    const double norm = std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
    EXPECT_NEAR(std::accumulate(scores.begin(), scores.end(), 0.0), 0, 1e-9 * norm);
    EXPECT_NEAR(std::inner_product(scores.begin(), scores.end(), scores.begin(), 0.0), norm,
                1e-12 * norm);
    for (double& score : scores) score += 5;  // changes no probability
    coordinates.reduce(scores.data(), back.data());
    for (int c = 0; c < n - 1; ++c) EXPECT_NEAR(back[c], v[c], 1e-10 * norm);
  }
}

TEST(ClassCoordinates, TwoClassesAreOneSigmoid) {
  const ClassCoordinates coordinates(2);
  const double v = 1.5;
  double scores[2], back;
  coordinates.expand(&v, scores);
  EXPECT_EQ(scores[0], 0);
  EXPECT_EQ(scores[1], 1.5);
  coordinates.reduce(scores, &back);
  EXPECT_EQ(back, 1.5);
}

}  // namespace
}  // namespace headlens
