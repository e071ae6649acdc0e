#include "headlens/learn/row_curvatures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace headlens {
namespace {

/// Errors of p = (0.5, 0.3, 0.2) for an example of class 1, and of a certain one of class 0.
const std::vector<float> kErrors{0.5f, -0.7f, 0.2f, -1e-12f, 7e-13f, 3e-13f};
const std::vector<float> kWeights{2, 1};

TEST(RowCurvatures, OfAClassAreWeightedVariances) {
  const ClassCoordinates three(3);
  std::vector<float> found(2);
  const double expected[] = {0.25, 0.21, 0.16}, certain[] = {1e-12, 7e-13, 3e-13};
  for (int c = 0; c < 3; ++c) {
    class_curvatures(three, c, kWeights, kErrors.data(), found);
    EXPECT_NEAR(found[0], 2 * expected[c], 1e-6);
    EXPECT_NEAR(found[1], certain[c], 1e-6 * certain[c]);
  }
}

/// The eigenvalues of diag(p) - p p^T sum to its trace; one of the three is 0.
TEST(RowCurvatures, MeansAreOfTheEigenvalues) {
  std::vector<float> found(2);
  mean_curvatures(ClassCoordinates(3), kWeights, kErrors.data(), found);
  EXPECT_NEAR(found[0], 2 * (0.25 + 0.21 + 0.16) / 2, 1e-6);
  EXPECT_NEAR(found[1], 1e-12, 1e-18);
}

TEST(RowCurvatures, TwoClassesAreOneSigmoid) {
  const std::vector<float> errors{0.3f, -0.3f, -1e-9f, 1e-9f};
  std::vector<float> found(2);
  mean_curvatures(ClassCoordinates(2), kWeights, errors.data(), found);
  EXPECT_NEAR(found[0], 2 * 0.3 * 0.7, 1e-6);
  EXPECT_NEAR(found[1], 1e-9, 1e-15);
}

}  // namespace
}  // namespace headlens
