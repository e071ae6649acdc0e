#pragma once

#include <vector>

#include "headlens/formats/checkpoint.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {

/// Touches every byte that an accepted file promises.
inline void decode_tensors(const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.tensors) {
    std::vector<float> numbers(static_cast<std::size_t>(element_count(tensor.shape)));
    dequantize(tensor.dtype, tensor.bytes, numbers);
  }
}

}  // namespace headlens
