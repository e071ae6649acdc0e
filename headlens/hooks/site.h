#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// Places in a transformer where an activation can be read or edited.
enum class SiteKind : std::uint8_t {
  embed,                  ///< hook_embed: token embeddings [batch, pos, d_model]
  pos_embed,              ///< hook_pos_embed: learned positions [batch, pos, d_model]
  token_type_embed,       ///< hook_token_type_embed: BERT's segments [batch, pos, d_model]
  resid_pre,              ///< residual stream before the block [batch, pos, d_model]
  ln1_scale,              ///< what the first norm divides by [batch, pos, 1]
  ln1_normalized,         ///< x / scale, before weight and bias [batch, pos, d_model]
  q,                      ///< [batch, pos, head, d_head], before norm and rotation
  k,                      ///< [batch, pos, kv_head, d_head], before norm and rotation
  v,                      ///< [batch, pos, kv_head, d_head]
  rot_q,                  ///< q after rotation (rotary models)
  rot_k,                  ///< k after rotation (rotary models)
  attn_scores,            ///< scaled scores, -infinity where masked [batch, head, query, key]
  pattern,                ///< softmax of the scores [batch, head, query, key]
  z,                      ///< pattern-weighted values [batch, pos, head, d_head]
  result,                 ///< each head's z times its part of W_O [batch, pos, head, d_model]
  attn_out,               ///< attention's output, bias included [batch, pos, d_model]
  resid_mid,              ///< residual stream plus attn_out [batch, pos, d_model]
  ln2_scale,              ///< [batch, pos, 1]
  ln2_normalized,         ///< [batch, pos, d_model]
  mlp_pre,                ///< MLP before its activation; the gate in gated MLPs [batch, pos, d_mlp]
  mlp_pre_linear,         ///< the other factor of gated MLPs [batch, pos, d_mlp]
  mlp_post,               ///< what the MLP's last product reads [batch, pos, d_mlp]
  mlp_out,                ///< [batch, pos, d_model]
  resid_post,             ///< residual stream after the block [batch, pos, d_model]
  normalized_resid_post,  ///< post-norm models: the norm after the block [batch, pos, d_model]
  ln_final_scale,         ///< [batch, pos, 1]
  ln_final_normalized,    ///< x / scale, before weight and bias [batch, pos, d_model]
};

/// One place in one model. `layer` is -1 for places outside the blocks.
struct Site {
  SiteKind kind = SiteKind::embed;
  int layer = -1;
  friend auto operator<=>(const Site&, const Site&) = default;
};

/// Whether there is one such place in every block.
bool is_per_layer(SiteKind kind);

/// TransformerLens's name: "blocks.5.attn.hook_pattern".
std::string to_string(Site site);

/// The inverse of to_string; empty if no site has that name.
std::optional<Site> parse_site(std::string_view name);

/// Every site of a model with that many layers, in the order the forward pass meets them, whether
/// or not every family has it.
std::vector<Site> all_sites(int n_layers);

/// Sites a pattern names: a site name in which the layer may be "*", or a bare hook name such as
/// "hook_pattern" or "attn.hook_pattern", which means that hook in every layer.
/// @throws UsageError  if it names none; lists the names there are
std::vector<Site> match_sites(std::string_view pattern, int n_layers);

}  // namespace headlens
