#include "headlens/reports/axis_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

/// Ranges narrower than rounding of their numbers have no width.
constexpr double kRounding = 1e-12;

double nice_step(double width, int wanted) {
  const double rough = width / std::max(1, wanted);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  // The nearest of 1, 2, 5 and 10 by ratio.
  const double share = rough / power;
  if (share < std::sqrt(2)) return power;
  if (share < std::sqrt(10)) return 2 * power;
  return share < std::sqrt(50) ? 5 * power : 10 * power;
}

/// All ticks of an axis with as many digits as its step needs.
std::string even_text(double value, double step, double largest) {
  const int step_power = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (largest < 1e6 && step_power >= -5) {
    return fmt::format("{:.{}f}", value, std::max(0, -step_power));
  }
  const int digits = static_cast<int>(std::floor(std::log10(largest))) - step_power;
  return fmt::format("{:.{}e}", value, std::clamp(digits, 0, 15));
}

std::string power_text(double value) {
  return value >= 9e-4 && value < 1e6 ? fmt::format("{:.10g}", value)
                                      : fmt::format("{:.0e}", value);
}

}  // namespace

AxisScale::AxisScale(AxisScaling scaling, double low, double high, double padding)
    : scaling_(scaling), low_(low), high_(high) {
  if (!std::isfinite(low) || !std::isfinite(high) || low > high) {
    throw UsageError(fmt::format("no axis goes from {} to {}", low, high));
  }
  if (scaling == AxisScaling::logarithmic) {
    if (low <= 0) {
      throw UsageError(fmt::format("a logarithmic axis cannot begin at {}: use a linear one", low));
    }
    const bool single = high / low <= 1 + kRounding;
    const double factor = single ? std::sqrt(10.0) : std::pow(high / low, padding);
    low_ = std::max(low / factor, std::numeric_limits<double>::min());
    high_ = std::min(high * factor, std::numeric_limits<double>::max());
    return;
  }
  const double size = std::max(std::abs(low), std::abs(high));
  const bool single = high - low <= kRounding * size;
  const double margin = single ? (size > 0 ? size / 10 : 1) : padding * (high - low);
  low_ = low - margin;
  high_ = high + margin;
}

double AxisScale::share(double value) const {
  if (scaling_ == AxisScaling::linear) return (value - low_) / (high_ - low_);
  if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::log(value / low_) / std::log(high_ / low_);
}

std::vector<AxisScale::Tick> AxisScale::ticks(int wanted) const {
  if (scaling_ == AxisScaling::linear) return even_ticks(wanted);
  std::vector<Tick> ticks = power_ticks(wanted);
  return ticks.size() >= 2 ? ticks : even_ticks(wanted);
}

std::vector<AxisScale::Tick> AxisScale::even_ticks(int wanted) const {
  const double step = nice_step(high_ - low_, wanted);
  const double slack = 1e-9 * step, largest = std::max(std::abs(low_), std::abs(high_));
  std::vector<Tick> ticks;
  for (double i = std::ceil((low_ - slack) / step); i * step <= high_ + slack; ++i) {
    const double value = i == 0 ? 0 : i * step;
    ticks.push_back({value, even_text(value, step, largest)});
  }
  return ticks;
}

std::vector<AxisScale::Tick> AxisScale::power_ticks(int wanted) const {
  const double decades = std::log10(high_ / low_);
  const int every = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, wanted))));
  std::vector<double> factors{1};
  if (3 * decades <= wanted) factors = {1, 2, 5};
  std::vector<Tick> ticks;
  const int last = static_cast<int>(std::floor(std::log10(high_)));
  for (int power = static_cast<int>(std::floor(std::log10(low_))); power <= last; ++power) {
    if (power % every != 0) continue;
    for (const double factor : factors) {
      const double value = factor * std::pow(10.0, power);
      const bool inside = value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9);
      if (inside) ticks.push_back({value, power_text(value)});
    }
  }
  return ticks;
}

}  // namespace headlens
