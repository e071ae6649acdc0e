#pragma once

#include <cstddef>
#include <span>

#include "headlens/tensor/dtype.h"

namespace headlens {

/// Decodes stored numbers to float32, bit for bit as the Python `gguf` package and numpy do:
/// every product and sum is rounded to float32 on its own. Booleans become 0 or 1.
/// @param blocks  whole blocks of `dtype`, at any alignment
/// @param out     receives blocks.size() / block_bytes * block_elements numbers
/// @throws ShapeError  if `blocks` is not a whole number of blocks or `out` has another size
void dequantize(DType dtype, std::span<const std::byte> blocks, std::span<float> out);

}  // namespace headlens
