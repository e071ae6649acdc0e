#pragma once

#include "headlens/models/block/block_weights.h"

namespace headlens {

/// A block's weights transposed, in float32: gradients of a product's input are dy W.
struct BlockTransposes {
  PackedLinear qkv, attn_out, mlp_in, mlp_out;

  BlockTransposes() = default;
  explicit BlockTransposes(const BlockWeights& weights)
      : qkv(weights.qkv.transposed()),
        attn_out(weights.attn_out.transposed()),
        mlp_in(weights.mlp_in.transposed()),
        mlp_out(weights.mlp_out.transposed()) {}
};

}  // namespace headlens
