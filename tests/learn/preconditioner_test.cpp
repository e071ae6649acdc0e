#include "headlens/learn/preconditioner.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "headlens/tensor/tensor.h"

namespace headlens {
namespace {

constexpr std::int64_t kRows = 300, kColumns = 70;

struct Preconditioned : testing::Test {
  Preconditioned() {
    std::mt19937 random(6);
    std::normal_distribution<float> normal;
    for (float& value : x.values()) value = normal(random);
    for (double& value : gradient) value = normal(random);
  }

  /// Weights of the examples for one class.
  std::vector<float> weights(int c) const {
    std::vector<float> all(examples().n_blocks() * examples().block_rows());
    for (std::int64_t i = 0; i < kRows; ++i) all[i] = static_cast<float>((i + c) % (c + 2)) / 5;
    return all;
  }
  ExampleMatrix examples() const { return ExampleMatrix(std::as_const(x).view<2>()); }

  void renew_class(Preconditioner& made, int c) const {
    CurvatureSums sums(n);
    sums.clear({0, sums.n_tiles()});
    sums.add(examples(), WeightedRows::above(0, weights(c)), {0, sums.n_tiles()});
    sums.factor(penalty);
    made.take_class(c, sums.inverse_factor());
  }

  /// sums of w_c x x^T + penalty, times a vector.
  std::vector<double> times_sums(int c, const std::vector<double>& v) const {
    const ExampleMatrix some = examples();
    const std::vector<float> w = weights(c);
    std::vector<double> out(n);
    for (std::int64_t j = 0; j < n; ++j) out[j] = penalty[j] * v[j];
    for (std::int64_t i = 0; i < kRows; ++i) {
      double product = 0;
      for (std::int64_t j = 0; j < n; ++j) product += some.row(i)[j] * v[j];
      for (std::int64_t j = 0; j < n; ++j) out[j] += w[i] * product * some.row(i)[j];
    }
    return out;
  }

  const ClassCoordinates coordinates{4};
  const std::int64_t n = kColumns + 1;
  Tensor x{{kRows, kColumns}};
  std::vector<double> penalty = std::vector<double>(n, 0.7);
  std::vector<double> gradient = std::vector<double>(n * 3);
};

/// With B_c^-1 (E^T g)_c = u_c, found by the preconditioner as E u: B_c u_c must be (E^T g)_c
/// again. u is read from products with gradients that one class alone has.
TEST_F(Preconditioned, EachClassHasItsOwnInverse) {
  Preconditioner made(n, kRows, coordinates);
  made.begin_renewal();
  ASSERT_FALSE(made.by_class());
  made.begin_renewal();
  ASSERT_TRUE(made.by_class());
  EXPECT_EQ(made.n_classes_to_apply(), 4);
  // Where all classes but one have a huge penalty, they add nothing.
  for (int only = 0; only < 4; ++only) {
    SCOPED_TRACE(only);
    for (int c = 0; c < 4; ++c) {
      if (c == only) {
        renew_class(made, c);
      } else {
        CurvatureSums sums(n);
        sums.clear({0, sums.n_tiles()});
        sums.factor(std::vector<double>(n, 1e20));
        made.take_class(c, sums.inverse_factor());
      }
    }
    for (std::int64_t f = 0; f < n; ++f) made.write(f, gradient.data() + f * 3);
    for (int c = 0; c < 4; ++c) made.apply_class(c);
    std::vector<double> out(n * 3), u(n), expected(n), scores(4), column(4), reduced(3);
    made.read({0, 30}, out.data());
    made.read({30, n}, out.data());
    // E's column of the class, whose square is 1 - 1/4.
    column[only] = 1;
    coordinates.reduce(column.data(), reduced.data());
    for (std::int64_t f = 0; f < n; ++f) {
      for (int k = 0; k < 3; ++k) u[f] += out[f * 3 + k] * reduced[k] / 0.75;
      coordinates.expand(gradient.data() + f * 3, scores.data());
      expected[f] = scores[only];
    }
    const std::vector<double> back = times_sums(only, u);
    for (std::int64_t f = 0; f < n; ++f) EXPECT_NEAR(back[f], expected[f], 2e-4) << f;
  }
}

TEST(PreconditionerLimits, TwoClassesAndDearOnesGoOnSharing) {
  const auto by_class = [](std::int64_t n_features, std::int64_t n_examples, int n_classes) {
    Preconditioner made(n_features, n_examples, ClassCoordinates(n_classes));
    for (int i = 0; i < 5; ++i) made.begin_renewal();
    EXPECT_EQ(made.by_class(), made.can_go_by_class());
    EXPECT_EQ(made.n_classes_to_apply(), made.by_class() ? n_classes : 0);
    return made.by_class();
  };
  EXPECT_TRUE(by_class(577, 8000, 17));
  EXPECT_FALSE(by_class(577, 8000, 2));
  EXPECT_FALSE(by_class(577, 8000, 400)) << "memory";
  EXPECT_FALSE(by_class(2000, 8000, 3)) << "sums of many columns";
  EXPECT_FALSE(by_class(577, 300, 17)) << "factors dearer than many passes over few examples";
}

}  // namespace
}  // namespace headlens
