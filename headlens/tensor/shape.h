#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headlens {

/// Sizes of a tensor's axes, outermost first (C order).
using Shape = std::vector<std::int64_t>;

/// Number of elements; 1 for a scalar.
/// @throws ShapeError  if a size is negative or the number does not fit
std::int64_t element_count(const Shape& shape);

/// For messages: "[30, 9, 14, 14]".
std::string to_string(const Shape& shape);

}  // namespace headlens
