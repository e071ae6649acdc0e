#pragma once

#include <cstdint>
#include <vector>

#include "headlens/statistics/sample_matrix.h"

namespace headlens {

struct SignFlipOptions {
  int flips = 100000;  ///< random sign assignments, where there are more than these
  std::uint64_t seed = 0;
};

/// Two-sided sign-flip permutation test (Fisher 1935) that each quantity's effects are symmetric
/// about zero: the share of sign assignments whose mean is at least as far from zero as the one
/// that was seen. All 2^n assignments are gone through where they are no more than options.flips;
/// else random ones, and the seen one is counted among them (Phipson and Smyth 2010), so that no p
/// is 0.
/// @return  one p-value a quantity
/// @throws UsageError  if there is no unit or no flip
std::vector<double> sign_flip_p_values(const SampleMatrix& effects,
                                       const SignFlipOptions& options = {});

}  // namespace headlens
