#pragma once

#include "headlens/models/block/attention.h"
#include "headlens/models/block/block_products.h"
#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/block_weights.h"
#include "headlens/models/block/lane_split.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/taps.h"

namespace headlens {

/// One row's middle of the MLP: post = f(pre), times pre_linear where the MLP is gated.
/// @param pre_linear  read only where gated
void activate_row(const BlockSpec& spec, const float* pre, const float* pre_linear, float* post);

/// One transformer block, run by the lanes of a team together: reads and rewrites the residual
/// stream of every row, and tells the taps of each site on its way.
class BlockForward {
 public:
  /// @param after  the weights read after this block's; may be null
  BlockForward(const BlockSpec& spec, const BlockWeights& weights, const PackedLinear* after,
               int layer, const RowBatch& batch, const Taps& taps, Workspace& memory, Lane& lane,
               LaneSplit& split);

  /// Computes products in another way; null: by the weights. It must outlive the block.
  void use_products(BlockProducts* products) { products_ = products; }

  void run() {
    attend();
    finish();
  }
  /// The first half, across positions: from the residual stream to z.
  void attend();
  /// The second half, each row for itself: residual += W_O z, and the MLP.
  void finish();

 private:
  void project(Range chunk);
  void finish_pre_norm(Range chunk);
  void finish_parallel(Range chunk);
  void finish_post_norm(Range chunk);

  /// Buffers of a chunk, at its first row.
  float* residual(Range chunk) { return memory_.residual.data() + chunk.begin * spec_.d_model; }
  float* stage(AlignedBuffer<float> StageBuffers::*buffer, Range chunk, std::int64_t width);

  void normalize(const NormWeights& norm, SiteKind scale, SiteKind normalized, Range chunk,
                 const float* x, float* y);
  /// Norms and rotations of q and k.
  void prepare_heads(Range rows);
  /// residual += W_O z + b
  void add_attention(Range chunk);
  /// residual += mlp(x)
  void add_mlp(Range chunk, const float* x);
  void activate_rows(Range chunk);
  /// y (+)= x W^T + b
  /// @param next  the weights that are read after these
  void multiply(BlockProduct product, Range chunk, const float* x, float* y, bool accumulate,
                const PackedLinear* next);
  /// residual += x W^T + b, with the product told to the taps where they listen.
  void add_product(BlockProduct product, SiteKind site, Range chunk, const float* x,
                   const PackedLinear* next);
  void tell_results(Range chunk);
  void add_results(Range chunk);
  /// residual += what lies in the branch buffer
  void add_branch(Range chunk);

  /// Tells the taps of rows that start at `first` for the chunk's first row.
  void tap(SiteKind kind, Range chunk, float* first, std::int64_t stride);

  const BlockSpec& spec_;
  const BlockWeights& weights_;
  const PackedLinear* after_;
  BlockProducts* products_ = nullptr;
  int layer_;
  const RowBatch& batch_;
  const Taps& taps_;
  Workspace& memory_;
  Lane& lane_;
  LaneSplit& split_;
  Attention attention_;
};

}  // namespace headlens
