#pragma once

#include "headlens/kernels/packed_linear.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

struct NormWeights {
  Tensor weight;  ///< [width]
  Tensor bias;    ///< [width], empty where there is none
};

/// One block's weights, packed for the products. Products that read the same input are one.
struct BlockWeights {
  NormWeights ln1, ln2;
  NormWeights q_norm, k_norm;  ///< [d_head], where BlockSpec::qk_norm
  PackedLinear qkv;            ///< q | k | v, each head by head
  PackedLinear attn_out;
  PackedLinear mlp_in;  ///< gate | up where gated
  PackedLinear mlp_out;
};

}  // namespace headlens
