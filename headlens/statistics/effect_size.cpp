#include "headlens/statistics/effect_size.h"

#include <cmath>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {

std::vector<EffectSize> effect_sizes(const SampleMatrix& effects) {
  if (effects.n_units < 1) throw UsageError("an effect size needs at least one prompt");
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(effects.n_units);
  std::vector<EffectSize> sizes(effects.n_quantities);
  for (std::int64_t quantity = 0; quantity < effects.n_quantities; ++quantity) {
    EffectSize& size = sizes[quantity];
    for (std::int64_t i = 0; i < effects.n_units; ++i) size.mean += effects(i, quantity) / n;
    double squares = 0;
    for (std::int64_t i = 0; i < effects.n_units; ++i) {
      squares += std::pow(effects(i, quantity) - size.mean, 2);
    }
    size.standard_deviation = effects.n_units > 1 ? std::sqrt(squares / (n - 1)) : kNone;
    size.cohen_d = size.standard_deviation > 0 ? size.mean / size.standard_deviation : kNone;
  }
  return sizes;
}

}  // namespace headlens
