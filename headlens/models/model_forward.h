#pragma once

#include <vector>

#include "headlens/models/block/lane_split.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/model.h"
#include "headlens/models/row_batch.h"
#include "headlens/models/taps.h"

namespace headlens {

/// How far a run goes and what it leaves.
struct ForwardPlan {
  int n_blocks = 0;                      ///< blocks that run
  bool final_norm = false;               ///< apply the final norm (its sites may be heard)
  std::vector<std::int64_t> logit_rows;  ///< rows of the batch whose token logits are wanted
  float* logits = nullptr;               ///< [logit_rows, vocab_size]
  float* class_logits = nullptr;         ///< [sequence or row, class]
};

/// Embeddings, blocks, final norm and outputs of a batch: the whole forward pass, run by every lane
/// of a team. All weights the plan needs must be loaded.
class ModelForward {
 public:
  ModelForward(const Model& model, const RowBatch& batch, const Taps& taps, Workspace& memory);

  /// Lanes that suit the batch, and the memory for them.
  void reserve(int n_lanes);
  void run(Lane& lane, const ForwardPlan& plan);

  /// The stages of run(), for callers that go through the blocks in their own way.
  LaneSplit split_for(Lane& lane) const;
  void embed(Lane& lane, LaneSplit& split);
  void final_norm(Lane& lane, LaneSplit& split);

 private:
  Split way_to_split() const;
  /// What is read when the block is done; null if nothing.
  const PackedLinear* weights_after(int layer, const ForwardPlan& plan) const;
  void add_table(const StoredTensor& table, SiteKind site, Lane& lane, Range rows, bool first);
  void unembed(Lane& lane, const ForwardPlan& plan);
  void classify_rows(const ForwardPlan& plan) const;

  const Model& model_;
  const RowBatch& batch_;
  const Taps& taps_;
  Workspace& memory_;
  std::vector<float> selected_;  ///< rows that the unembedding reads
};

}  // namespace headlens
