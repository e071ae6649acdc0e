#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/worker/saved_array.h"

namespace headlens::bench {

/// A case made ready: work() is what is measured, the others look at what it left.
struct PreparedCase {
  std::function<void()> work;
  std::function<nlohmann::json()> result;
  /// Only called if arrays are wanted, and before the case is dropped.
  std::function<std::vector<SavedArray>()> arrays;
};

}  // namespace headlens::bench
