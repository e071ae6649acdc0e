#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/block_transposes.h"
#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/site_gradients.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// Gradient of a norm's input, from that of its output.
/// @param d_y  [pos, d_model]
/// @param d_x  [pos, d_model]; is added to
void norm_backward(const BlockSpec& spec, const NormWeights& norm, Site scale, Site normalized,
                   const SequenceTape& tape, SiteGradients& gradients, const float* d_y,
                   float* d_x);

/// One transformer block backwards, for one sequence, on the calling thread: the mirror of
/// BlockForward. Weights get no gradients.
class BlockBackward {
 public:
  /// @param cosine, sine  [pos, rotary pair]
  BlockBackward(const BlockSpec& spec, const BlockWeights& weights,
                const BlockTransposes& transposes, int layer, const SequenceTape& tape,
                const float* cosine, const float* sine, SiteGradients& gradients);

  /// Sites of a layer that the tape must hold.
  static std::vector<Site> needed_sites(const BlockSpec& spec, int layer);

  /// Turns the gradient of the block's output into that of its input.
  /// @param gradient  [pos, d_model], changed in place
  void run(float* gradient);

 private:
  Site site(SiteKind kind) const { return {kind, layer_}; }
  /// d_x += the gradient through the MLP, from that of its output.
  void mlp(const float* d_out, float* d_x, const NormWeights* norm);
  /// d_x += the gradient through attention, from that of its output.
  void attention(const float* d_out, float* d_x, const NormWeights* norm);
  void tell_results(const float* d_out);
  /// Undoes rotations and norms of q and k.
  void heads_backward(float* d_qkv);
  void normalized_heads_backward(SiteKind kind, const NormWeights& norm, std::int64_t n_heads,
                                 std::int64_t row, float* d_heads) const;

  const BlockSpec& spec_;
  const BlockWeights& weights_;
  const BlockTransposes& transposes_;
  int layer_;
  const SequenceTape& tape_;
  const float *cosine_, *sine_;
  SiteGradients& gradients_;
  std::int64_t n_;
};

}  // namespace headlens
