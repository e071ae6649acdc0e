#pragma once

#include <vector>

#include "headlens/interventions/circuit_parts.h"
#include "headlens/results/circuit_result.h"

namespace headlens {

struct CircuitCheckOptions {
  int completeness = 8;  ///< random halves of the circuit; the whole circuit is taken out besides
  int minimality = 100;  ///< parts, the first of the circuit
  std::uint64_t seed = 0;
};

/// The circuits whose faithfulness says whether a circuit is complete and minimal (Wang et al.
/// 2022, section 4), and what it says.
class CircuitChecks {
 public:
  /// @param kept  the circuit's parts
  CircuitChecks(const CircuitParts& parts, const std::vector<std::size_t>& kept,
                const CircuitCheckOptions& options);

  /// The circuits to run.
  const std::vector<Circuit>& circuits() const { return circuits_; }

  /// @param faithfulness  of circuits()
  std::vector<CompletenessCheck> completeness(const std::vector<double>& faithfulness) const;
  /// The largest |f(C \ K \ {v}) - f(C \ K)| for each kept part v, over K empty and one random half
  /// of the circuit; NaN for parts that were not measured.
  std::vector<double> minimality(const std::vector<double>& faithfulness) const;

 private:
  std::vector<Circuit> circuits_;
  std::vector<int> removed_;  ///< of each completeness check
  std::size_t n_kept_ = 0, n_measured_ = 0, first_minimality_ = 0;
};

}  // namespace headlens
