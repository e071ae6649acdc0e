#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "headlens/tensor/dtype.h"
#include "headlens/tensor/shape.h"

namespace headlens {

/// Where a tensor's bytes lie, [begin, end) from the start of the data.
struct TensorExtent {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Bytes that a tensor of this shape takes.
/// @throws FormatError  naming the tensor, if a size is negative, the product overflows, or the
///                      innermost size is not a whole number of the dtype's blocks
std::uint64_t stored_bytes(const std::filesystem::path& path, const std::string& tensor,
                           DType dtype, const Shape& shape);

/// Sorts the extents by place.
/// @throws FormatError  naming a tensor that shares bytes with another
void sort_and_refuse_overlaps(const std::filesystem::path& path,
                              std::vector<TensorExtent>& extents);

}  // namespace headlens
