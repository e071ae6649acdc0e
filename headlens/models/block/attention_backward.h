#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/site_gradients.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// The middle of attention backwards, of one sequence: from the gradient of z to those of the
/// rotated q and k and of v. Patterns that hooks edited are taken as they were left.
class AttentionBackward {
 public:
  AttentionBackward(const BlockSpec& spec, int layer, const SequenceTape& tape,
                    SiteGradients& gradients);

  /// @param d_z    [pos, head, d_head]
  /// @param d_qkv  q, k and v side by side, [pos, qkv_width]; written
  void run(const float* d_z, float* d_qkv);

 private:
  void run_head(std::int64_t head, const float* d_z, float* d_qkv);
  void load_head(std::int64_t head, const float* d_z);
  /// d_pattern = d_z v^T, then d_scores.
  void score_gradients(std::int64_t head);
  void tell(SiteKind kind, std::int64_t head, const float* values);

  const BlockSpec& spec_;
  int layer_;
  const SequenceTape& tape_;
  SiteGradients& gradients_;
  std::int64_t n_, width_;                 ///< positions; d_head padded to sixteen
  std::int64_t padded_n_;                  ///< positions padded to sixteen
  AlignedBuffer<float> q_, k_, z_;         ///< [pos, width_]
  AlignedBuffer<float> values_;            ///< v^T [d_head, padded_n_]
  AlignedBuffer<float> pattern_, scores_;  ///< [query, padded_n_]; scores_ holds gradients
  AlignedBuffer<float> turned_;            ///< one of both, transposed [key, padded_n_]
};

}  // namespace headlens
