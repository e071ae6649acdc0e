#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "headlens/kernels/activation.h"

namespace headlens {

enum class NormKind : std::uint8_t { layer_norm, rms_norm };

/// Pre: x + f(norm(x)), as GPT-2 and Llama. Post: norm(x + f(x)), as BERT.
enum class NormPlace : std::uint8_t { pre, post };

/// Rotary positions (Su et al. 2021) on the first 2 * inverse_frequencies.size() dimensions of each
/// head, in the rotate-half layout.
struct Rotary {
  std::vector<double> inverse_frequencies;
  double attention_factor = 1.0;  ///< multiplies cosine and sine (YaRN)
};

/// Everything that tells one transformer block from another.
struct BlockSpec {
  std::int64_t d_model = 0;
  std::int64_t n_heads = 0;
  std::int64_t n_kv_heads = 0;  ///< fewer than n_heads where queries share keys and values
  std::int64_t d_head = 0;
  std::int64_t d_mlp = 0;

  NormKind norm = NormKind::layer_norm;
  NormPlace norm_place = NormPlace::pre;
  double norm_epsilon = 1e-5;

  bool causal = true;
  std::optional<std::int64_t> window;  ///< keys a query sees, itself included
  double attention_scale = 1.0;        ///< multiplies the scores; usually 1 / sqrt(d_head)
  bool qk_norm = false;                ///< RMS norm on each head's q and k before rotation
  std::optional<Rotary> rotary;

  bool gated_mlp = false;
  Activation activation = Activation::gelu;
  bool parallel_residual = false;  ///< attention and MLP both read the block's input (GPT-NeoX)

  std::int64_t q_width() const { return n_heads * d_head; }
  std::int64_t kv_width() const { return n_kv_heads * d_head; }
  std::int64_t qkv_width() const { return q_width() + 2 * kv_width(); }
  std::int64_t mlp_in_width() const { return gated_mlp ? 2 * d_mlp : d_mlp; }
};

}  // namespace headlens
