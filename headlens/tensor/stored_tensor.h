#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "headlens/tensor/dtype.h"
#include "headlens/tensor/shape.h"

namespace headlens {

/// A tensor as it lies in a file: encoded, not owned. `bytes` lives as long as the mapped file it
/// points into. Shape is outermost first whatever the file format's own order.
struct StoredTensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::span<const std::byte> bytes;
};

}  // namespace headlens
