#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "headlens/learn/linear_classifier.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What scikit-learn and PyTorch say (tools/make_learn_goldens.py).
const nlohmann::json& learn_golden();

/// An array beside learn.json.
Tensor learn_array(const std::string& name);

inline TensorView<const float, 2> matrix(const Tensor& tensor) { return tensor.view<2>(); }

/// c * sum of weight * cross-entropy + ||W||^2 / 2 in double from the classifier alone.
double loss_of(const LinearClassifier& classifier, TensorView<const float, 2> x,
               std::span<const std::int32_t> labels, double c,
               std::span<const float> row_weights = {});

/// The gradient of loss_of() with respect to the weights and then the intercepts, in double.
std::vector<double> gradient_of(const LinearClassifier& classifier, TensorView<const float, 2> x,
                                std::span<const std::int32_t> labels, double c);

void expect_near_all(const std::vector<double>& found, const std::vector<double>& expected,
                     double tolerance);

}  // namespace headlens
