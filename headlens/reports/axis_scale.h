#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headlens {

enum class AxisScaling : std::uint8_t { linear, logarithmic };

/// Numbers along an axis, from `low` to `high`, and where they stand.
class AxisScale {
 public:
  /// Widens a range without width, so that a single number stands in its middle.
  /// @param padding  share of the range that is added on both sides
  /// @throws UsageError  if an end is not finite, low > high, or a logarithmic axis does not begin
  ///                     above 0
  AxisScale(AxisScaling scaling, double low, double high, double padding);

  /// 0 at the low end, 1 at the high one; NaN where the value has no place.
  double share(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }

  struct Tick {
    double value = 0;
    std::string text;
  };
  /// At multiples of 1, 2 or 5 times a power of ten, about `wanted` of them (0.6 to 1.6 times); on
  /// a logarithmic axis at powers of ten, with 2 and 5 times them where there are few.
  std::vector<Tick> ticks(int wanted) const;

 private:
  std::vector<Tick> even_ticks(int wanted) const;
  std::vector<Tick> power_ticks(int wanted) const;

  AxisScaling scaling_;
  double low_, high_;
};

}  // namespace headlens
