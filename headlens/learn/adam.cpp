#include "headlens/learn/adam.h"

#include <cmath>

#include "headlens/kernels/adam_step.h"

namespace headlens {

Adam::Adam(std::int64_t n_parameters, const AdamOptions& options)
    : options_(options), mean_(n_parameters), square_(n_parameters) {}

void Adam::step(std::span<float> parameters, std::span<const double> gradient) {
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const AdamFactors factors{
      .mean_gain = 1 - static_cast<float>(options_.beta1),
      .square_keep = static_cast<float>(options_.beta2),
      .size = static_cast<float>(options_.learning_rate / (1 - std::pow(options_.beta1, t))),
      .root = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, t))),
      .epsilon = static_cast<float>(options_.epsilon)};
  adam_step(gradient.data(), static_cast<std::int64_t>(parameters.size()), factors, mean_.data(),
            square_.data(), parameters.data());
}

}  // namespace headlens
