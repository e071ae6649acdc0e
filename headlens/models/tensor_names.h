#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace headlens {

/// Where one linear layer's weights lie in a checkpoint.
struct LinearName {
  std::string weight;             ///< empty: the layer does not exist
  std::string bias;               ///< empty: no bias
  bool input_first = false;       ///< stored [in, out] (GPT-2's Conv1D) instead of [out, in]
  std::int64_t stored_width = 0;  ///< output features as stored, where several layers share one
                                  ///< tensor; 0: this layer's own
  /// Stored output feature of this layer's i-th; empty: i.
  std::function<std::int64_t(std::int64_t)> stored_feature = {};
};

struct NormName {
  std::string weight;
  std::string bias;  ///< empty: no bias
};

struct BlockNames {
  NormName ln1, ln2, q_norm, k_norm;
  LinearName q, k, v, attn_out;
  LinearName mlp_gate, mlp_in, mlp_out;  ///< mlp_gate only where gated
};

/// Where each weight of a model lies in its checkpoint.
struct ModelNames {
  std::string token_embedding;
  std::string position_embedding;
  std::string type_embedding;
  NormName embedding_norm;
  std::function<BlockNames(int layer)> block;
  NormName final_norm;
  LinearName unembedding;
  LinearName prediction_dense;
  NormName prediction_norm;
  LinearName classifier_dense, classifier_out;
};

/// The names PyTorch gives a linear layer or a norm that has a bias.
inline LinearName linear_named(const std::string& name) {
  return {.weight = name + ".weight", .bias = name + ".bias"};
}

inline NormName norm_named(const std::string& name) { return {name + ".weight", name + ".bias"}; }

/// A layer that is rows [offset, offset + its width) of a fused tensor with `total` of them.
inline LinearName fused_part(LinearName fused, std::int64_t offset, std::int64_t total) {
  fused.stored_width = total;
  fused.stored_feature = [offset](std::int64_t i) { return offset + i; };
  return fused;
}

}  // namespace headlens
