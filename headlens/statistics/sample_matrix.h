#pragma once

#include <cstdint>
#include <span>

namespace headlens {

/// Measurements of several quantities on the same units (prompts): [unit, quantity], C order. Does
/// not own its numbers.
struct SampleMatrix {
  std::span<const double> values;
  std::int64_t n_units = 0;
  std::int64_t n_quantities = 0;

  double operator()(std::int64_t unit, std::int64_t quantity) const {
    return values[static_cast<std::size_t>(unit * n_quantities + quantity)];
  }
};

}  // namespace headlens
