#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headlens {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
};

/// Adam (Kingma and Ba 2015) with bias correction, as PyTorch's. Moments are float32.
class Adam {
 public:
  Adam(std::int64_t n_parameters, const AdamOptions& options = {});

  /// One step. @param gradient  as many numbers as there are parameters
  void step(std::span<float> parameters, std::span<const double> gradient);

  double learning_rate() const { return options_.learning_rate; }
  /// Of the steps to come; moments are kept.
  void set_learning_rate(double rate) { options_.learning_rate = rate; }

 private:
  AdamOptions options_;
  std::int64_t steps_ = 0;
  std::vector<float> mean_, square_;
};

}  // namespace headlens
