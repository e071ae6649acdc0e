#pragma once

#include <span>
#include <vector>

#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/key_values.h"
#include "headlens/models/row_batch.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Values of one stage that a lane keeps to itself, or that all share: [rows, width] each.
struct StageBuffers {
  AlignedBuffer<float> normed;    ///< d_model
  AlignedBuffer<float> branch;    ///< d_model: attention's or the MLP's output, where it is heard
  AlignedBuffer<float> mlp_in;    ///< mlp_in_width
  AlignedBuffer<float> mlp_post;  ///< d_mlp

  void reserve(const BlockSpec& spec, std::int64_t rows);
};

/// Memory of a forward pass, kept from run to run: first touch of fresh memory is dear.
struct Workspace {
  AlignedBuffer<float> residual;          ///< [row, d_model]
  AlignedBuffer<float> qkv;               ///< [row, qkv_width]
  AlignedBuffer<float> z;                 ///< [row, head, d_head]
  KeyValues key_values;                   ///< of the block at hand; a sequence's panels together
  std::vector<std::int64_t> first_panel;  ///< of each sequence

  AlignedBuffer<float> cosine, sine;  ///< [row, rotary pair], the same in every layer
  AlignedBuffer<float> scales;        ///< [row], of the norm at hand
  AlignedBuffer<float> site_values;   ///< of sites that have no other memory: embeddings, results
  StageBuffers shared;
  std::vector<StageBuffers> lanes;
  std::vector<AlignedBuffer<float>> scores;  ///< one query tile a lane
  Tensor whole_scores;                       ///< [batch, head, query, key], where hooks edit them

  void reserve(const BlockSpec& spec, const RowBatch& batch, int n_lanes, bool lane_buffers);
  /// No more than scores and patterns take: qkv, keys, scores.
  void reserve_for_patterns(const BlockSpec& spec, const RowBatch& batch, int n_lanes);

  /// Moves what is read of some rows, ascending, after attention (residual, z) to the front.
  void keep_rows(const BlockSpec& spec, std::span<const std::int64_t> rows);
};

}  // namespace headlens
