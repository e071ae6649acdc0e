#pragma once

#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/learn/curvature_sums.h"
#include "headlens/learn/shared_pass.h"

namespace headlens {

/// Makes the preconditioners of problems anew from where they stand. What a problem gets does not
/// depend on the others or on the number of lanes.
class InverseRenewal {
 public:
  InverseRenewal(const ExampleMatrix& examples, SharedPass::Problems& problems, int n_lanes);

  /// Of those that want it; all lanes of a team call it.
  void run(Lane& lane);

 private:
  using Batch = std::span<SolvedProblem* const>;

  void renew_shared(Lane& lane, Batch problems);
  void renew_batch(Lane& lane, Batch batch);
  void renew_by_class(Lane& lane, Batch problems);
  void renew_class(SolvedProblem& problem, int c, CurvatureSums& sums);
  void sum_all(Lane& lane);

  const ExampleMatrix& examples_;
  SharedPass::Problems& problems_;
  std::vector<CurvatureSums> workspaces_;
  std::vector<WeightedRows> rows_;  ///< by workspace
  CurvatureSums all_;               ///< of every example alike, once a class needs it
  bool has_all_ = false;
};

}  // namespace headlens
