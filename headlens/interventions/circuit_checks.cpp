#include "headlens/interventions/circuit_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace headlens {
namespace {

std::vector<std::size_t> random_half(const std::vector<std::size_t>& parts,
                                     std::mt19937_64& random) {
  std::vector<std::size_t> half;
  for (const std::size_t part : parts) {
    if (random() % 2 == 0) half.push_back(part);
  }
  return half;
}

/// parts without some of them
std::vector<std::size_t> difference(const std::vector<std::size_t>& parts,
                                    const std::vector<std::size_t>& removed) {
  std::vector<std::size_t> rest;
  for (const std::size_t part : parts) {
    if (std::ranges::find(removed, part) == removed.end()) rest.push_back(part);
  }
  return rest;
}

}  // namespace

CircuitChecks::CircuitChecks(const CircuitParts& parts, const std::vector<std::size_t>& kept,
                             const CircuitCheckOptions& options)
    : n_kept_(kept.size()) {
  std::mt19937_64 random(options.seed);
  for (int i = 0; i <= options.completeness; ++i) {
    const auto removed = i < options.completeness ? random_half(kept, random) : kept;
    removed_.push_back(static_cast<int>(removed.size()));
    circuits_.push_back(parts.circuit(difference(kept, removed)));
    circuits_.push_back(parts.circuit(parts.without(removed)));
  }
  first_minimality_ = circuits_.size();
  n_measured_ = std::min<std::size_t>(kept.size(), std::max(0, options.minimality));
  const std::vector<std::size_t> half = difference(kept, random_half(kept, random));
  circuits_.push_back(parts.circuit(kept));
  circuits_.push_back(parts.circuit(half));
  for (std::size_t i = 0; i < n_measured_; ++i) {
    circuits_.push_back(parts.circuit(difference(kept, {kept[i]})));
    circuits_.push_back(parts.circuit(difference(half, {kept[i]})));
  }
}

std::vector<CompletenessCheck> CircuitChecks::completeness(
    const std::vector<double>& faithfulness) const {
  std::vector<CompletenessCheck> checks;
  for (std::size_t i = 0; i < removed_.size(); ++i) {
    checks.push_back({removed_[i], faithfulness[2 * i], faithfulness[2 * i + 1]});
  }
  return checks;
}

std::vector<double> CircuitChecks::minimality(const std::vector<double>& faithfulness) const {
  std::vector<double> losses(n_kept_, std::numeric_limits<double>::quiet_NaN());
  const double* whole = faithfulness.data() + first_minimality_;
  for (std::size_t i = 0; i < n_measured_; ++i) {
    const double* without = whole + 2 + 2 * i;
    losses[i] = std::max(std::abs(without[0] - whole[0]), std::abs(without[1] - whole[1]));
  }
  return losses;
}

}  // namespace headlens
