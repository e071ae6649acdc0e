#pragma once

#include <optional>
#include <vector>

#include "headlens/models/block/forward.h"
#include "headlens/models/block/lane_split.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/model.h"
#include "headlens/models/row_batch.h"
#include "headlens/models/taps.h"

namespace headlens {

/// How far a run goes and what it leaves.
struct ForwardPlan {
  int n_blocks = 0;  ///< blocks that run
  /// Rows of the batch, ascending, that are read after the last block's attention; what follows it
  /// runs on them alone. Absent: all.
  std::optional<std::vector<std::int64_t>> kept_rows = {};
  bool final_norm = false;                    ///< apply the final norm (its sites may be heard)
  std::vector<std::int64_t> logit_rows = {};  ///< of the kept rows, whose token logits are wanted
  float* logits = nullptr;                    ///< [logit_rows, vocab_size]
  std::vector<std::int64_t> class_rows = {};  ///< of the kept rows, that are classified
  float* class_logits = nullptr;              ///< [class_rows, class]
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
  /// @param batch  the rows that are normed
  void final_norm(Lane& lane, LaneSplit& split, const RowBatch& batch);

 private:
  BlockForward block(int layer, const ForwardPlan& plan, const RowBatch& batch, Lane& lane,
                     LaneSplit& split) const;
  /// What follows the last block's attention.
  void finish(Lane& lane, const ForwardPlan& plan, const RowBatch& batch, LaneSplit& split);
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
