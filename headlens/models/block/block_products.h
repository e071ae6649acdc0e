#pragma once

#include <cstddef>
#include <cstdint>

#include "headlens/models/block/block_weights.h"
#include "headlens/models/row_batch.h"

namespace headlens {

/// The four products with weights in a block.
enum class BlockProduct : std::uint8_t { qkv, attn_out, mlp_in, mlp_out };
inline constexpr std::size_t kBlockProducts = 4;

inline const PackedLinear& weights_of(const BlockWeights& weights, BlockProduct product) {
  switch (product) {
    case BlockProduct::qkv:
      return weights.qkv;
    case BlockProduct::attn_out:
      return weights.attn_out;
    case BlockProduct::mlp_in:
      return weights.mlp_in;
    default:
      return weights.mlp_out;
  }
}

/// Another way to compute a block's products than multiplying by its weights.
class BlockProducts {
 public:
  virtual ~BlockProducts() = default;

  /// y (+)= x W^T + b for the rows of a chunk, on the calling thread.
  /// @param x, y  of the chunk's first row
  virtual void multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk,
                        const float* x, float* y, bool accumulate) = 0;
};

}  // namespace headlens
