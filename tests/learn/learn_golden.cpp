#include "tests/learn/learn_golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "headlens/formats/json_file.h"
#include "headlens/formats/npy.h"

namespace headlens {

const nlohmann::json& learn_golden() {
  static const nlohmann::json json = read_json(HEADLENS_TEST_DATA "/goldens/learn/learn.json");
  return json;
}

Tensor learn_array(const std::string& name) {
  return read_npy(HEADLENS_TEST_DATA "/goldens/learn/" + name + ".npy");
}

double loss_of(const LinearClassifier& classifier, TensorView<const float, 2> x,
               std::span<const std::int32_t> labels, double c, std::span<const float> row_weights) {
  const std::vector<double> p = classifier.probabilities(x);
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double weight = row_weights.empty() ? 1.0 : row_weights[i];
    if (weight == 0) continue;
    const auto own = std::ranges::find(classifier.classes, labels[i]) - classifier.classes.begin();
    loss -= c * weight * std::log(p[i * classifier.classes.size() + own]);
  }
  for (const double w : classifier.weights) loss += w * w / 2;
  return loss;
}

std::vector<double> gradient_of(const LinearClassifier& classifier, TensorView<const float, 2> x,
                                std::span<const std::int32_t> labels, double c) {
  const std::vector<double> p = classifier.probabilities(x);
  const auto n_classes = static_cast<std::int64_t>(classifier.classes.size());
  const std::int64_t d = x.size(1), skipped = n_classes - classifier.n_scores();
  std::vector<double> gradient(classifier.weights);
  gradient.resize(gradient.size() + classifier.n_scores());
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    for (std::int64_t s = 0; s < classifier.n_scores(); ++s) {
      const std::int64_t k = s + skipped;
      const double residual =
          c * (p[i * n_classes + k] - (classifier.classes[k] == labels[i] ? 1 : 0));
      for (std::int64_t j = 0; j < d; ++j) gradient[s * d + j] += residual * x(i, j);
      gradient[classifier.n_scores() * d + s] += residual;
    }
  }
  return gradient;
}

void expect_near_all(const std::vector<double>& found, const std::vector<double>& expected,
                     double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

}  // namespace headlens
