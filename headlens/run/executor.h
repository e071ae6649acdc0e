#pragma once

#include <vector>

#include "headlens/base/progress.h"
#include "headlens/models/model_forward.h"
#include "headlens/run/session.h"

namespace headlens {

/// Runs one batch by the schedule that suits it: one team on the whole batch where sequences are
/// few, or every thread a team of its own on groups of whole sequences where they are many, so that
/// nothing waits inside a forward pass. Same numbers either way.
class Executor {
 public:
  Executor(Model& model, const RowBatch& batch, const Taps& taps,
           std::vector<Workspace>& workspaces, const ProgressCallback& progress);

  void run(Logits wanted, Tensor& logits, Tensor& class_logits);

 private:
  /// A part of the batch and where its outputs go.
  struct Group {
    std::int64_t first_sequence, count, first_row;
  };

  void allocate(Logits wanted, Tensor& logits, Tensor& class_logits);
  std::vector<Group> groups() const;
  ForwardPlan plan_for(const RowBatch& part, const Group& group, Logits wanted) const;
  /// Leaves out of the plan's last block the rows that nobody reads.
  void narrow(const RowBatch& part, ForwardPlan& plan) const;
  void run_together(Logits wanted);
  void run_groups(const std::vector<Group>& groups, Logits wanted);
  /// [row, width] to [batch, pos, width].
  void pad(Tensor& rows) const;

  Model& model_;
  const RowBatch& batch_;
  const Taps& taps_;
  std::vector<Workspace>& workspaces_;
  const ProgressCallback& progress_;
  Tensor* logits_ = nullptr;
  Tensor* class_logits_ = nullptr;
};

}  // namespace headlens
