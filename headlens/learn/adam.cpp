#include "headlens/learn/adam.h"

#include <cmath>

namespace headlens {

Adam::Adam(std::int64_t n_parameters, const AdamOptions& options)
    : options_(options), mean_(n_parameters), square_(n_parameters) {}

void Adam::step(std::span<float> parameters, std::span<const double> gradient) {
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const auto beta1 = static_cast<float>(options_.beta1);
  const auto beta2 = static_cast<float>(options_.beta2);
  const auto size = static_cast<float>(options_.learning_rate / (1 - std::pow(options_.beta1, t)));
  const auto root = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, t)));
  const auto epsilon = static_cast<float>(options_.epsilon);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto g = static_cast<float>(gradient[i]);
    mean_[i] += (g - mean_[i]) * (1 - beta1);
    square_[i] = square_[i] * beta2 + g * g * (1 - beta2);
    parameters[i] -= size * mean_[i] / (std::sqrt(square_[i]) / root + epsilon);
  }
}

}  // namespace headlens
