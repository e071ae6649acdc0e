#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "headlens/tensor/shape.h"

namespace headlens::bench {

/// One NAME.npy of an answer. Floats are borrowed from what the case computed.
struct SavedArray {
  std::string name;
  Shape shape;
  std::variant<std::span<const float>, std::vector<float>, std::vector<std::int32_t>> values;
};

/// Writes the arrays into `folder`, which is made if it is not there.
/// @throws ResourceError  if that is not possible
void save_arrays(const std::filesystem::path& folder, const std::vector<SavedArray>& arrays);

}  // namespace headlens::bench
