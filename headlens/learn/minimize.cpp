#include "headlens/learn/minimize.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/cancellation.h"
#include "headlens/learn/lbfgs_memory.h"

namespace headlens {
namespace {

constexpr double kNoise = 1e-9;  ///< of a value, as a share: sums of float32 products
constexpr int kMaxBacktracks = 20;
constexpr int kSettledIterations = 2;

struct Place {
  std::vector<double> point, gradient, inverse_gradient;
  double value = 0;
};

class Descent {
 public:
  Descent(const std::vector<double>& start, std::span<const double> inverse_scales,
          const SmoothFunction& function, const MinimizeOptions& options)
      : inverse_scales_(inverse_scales),
        function_(function),
        options_(options),
        memory_(static_cast<std::int64_t>(start.size()), options.memory),
        products_(memory_.n_products()),
        direction_(start.size()) {
    for (Place* place : {&here_, &there_}) {
      place->point = start;
      place->gradient.resize(start.size());
      place->inverse_gradient.resize(start.size());
    }
    look(here_);
  }

  Minimum run() {
    Minimum found;
    take_direction(here_, false);
    int settled = 0;
    while (found.iterations < options_.max_iterations && slope_ < 0) {
      check_cancellation();
      if (!walk()) {
        if (memory_.size() == 0) break;
        memory_.clear();
        take_direction(here_, false);
        continue;
      }
      ++found.iterations;
      const double won = (here_.value - there_.value) / std::abs(here_.value);
      take_direction(there_, true);
      std::swap(here_, there_);
      const bool nothing_left =
          won <= options_.tolerance && -slope_ / 2 <= options_.tolerance * std::abs(here_.value);
      settled = nothing_left ? settled + 1 : 0;
      if (settled >= kSettledIterations) break;
    }
    found.converged = settled >= kSettledIterations || slope_ == 0;
    found.value = here_.value;
    found.point = std::move(here_.point);
    return found;
  }

 private:
  void look(Place& place) {
    place.value = function_(place.point, place.gradient);
    for (std::size_t i = 0; i < place.point.size(); ++i) {
      place.inverse_gradient[i] = inverse_scales_[i] * place.gradient[i];
    }
  }

  /// -H g at a place; with the pair from here_ to it if there is one.
  void take_direction(const Place& place, bool has_pair) {
    const Range all{0, static_cast<std::ptrdiff_t>(place.point.size())};
    std::ranges::fill(products_, 0.0);
    memory_.write_pair(
        {all, here_.point.data(), place.point.data(), here_.gradient.data(), place.gradient.data(),
         here_.inverse_gradient.data(), place.inverse_gradient.data()},
        has_pair, products_);
    double product = memory_.update(has_pair, products_);
    if (!(product > 0)) {
      memory_.clear();
      product = memory_.update(false, products_);
    }
    slope_ = -product;
    memory_.write_direction(all, place.inverse_gradient.data(), direction_.data());
  }

  /// From here_ along the direction to a better there_.
  bool walk() {
    double step = 1;
    for (int tries = 0; tries < kMaxBacktracks; ++tries) {
      for (std::size_t i = 0; i < direction_.size(); ++i) {
        there_.point[i] = here_.point[i] + step * direction_[i];
      }
      look(there_);
      const double allowed = kNoise * std::abs(here_.value);
      if (there_.value <= here_.value + 1e-4 * step * slope_ + allowed) return true;
      const double rise = there_.value - here_.value - slope_ * step;
      const double best = rise > 0 && std::isfinite(rise) ? -slope_ * step * step / (2 * rise) : 0;
      step = std::clamp(best, 0.1 * step, 0.5 * step);
    }
    return false;
  }

  std::span<const double> inverse_scales_;
  const SmoothFunction& function_;
  const MinimizeOptions& options_;
  LbfgsMemory memory_;
  std::vector<double> products_, direction_;
  Place here_, there_;
  double slope_ = 0;
};

}  // namespace

Minimum minimize(const std::vector<double>& start, std::span<const double> inverse_scales,
                 const SmoothFunction& function, const MinimizeOptions& options) {
  return Descent(start, inverse_scales, function, options).run();
}

}  // namespace headlens
