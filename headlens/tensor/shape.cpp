#include "headlens/tensor/shape.h"

#include <algorithm>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {

std::int64_t element_count(const Shape& shape) {
  if (std::ranges::any_of(shape, [](std::int64_t size) { return size < 0; })) {
    throw ShapeError("element_count", "no negative size", to_string(shape));
  }
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size > std::numeric_limits<std::int64_t>::max() / count) {
      throw ShapeError("element_count", "a number of elements below 2^63", to_string(shape));
    }
    count *= size;
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace headlens
