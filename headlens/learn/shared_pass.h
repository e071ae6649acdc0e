#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/solved_problem.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// Losses and gradients of many problems in one reading of the examples. Narrow problems lie side
/// by side in groups that fill a vector: sixteen binary ones cost what one does. A group passes
/// over blocks in which none of its problems has a row.
class SharedPass {
 public:
  using Problems = std::vector<std::unique_ptr<SolvedProblem>>;

  SharedPass(const ExampleMatrix& examples, Problems& problems);

  /// Takes over a range of each unfinished problem's trial().
  void load_part(int part);
  /// One part of the rows.
  void run_part(int part);
  /// Gives a problem the part (of features) of its gradient.
  void collect_part(std::size_t problem, int part);
  double data_loss(std::size_t problem) const;

 private:
  struct Member {
    std::size_t problem;
    std::int64_t column;
  };
  struct Group {
    std::int64_t width = 0;
    std::vector<Member> members;
    std::vector<bool> has_rows;       ///< by block
    AlignedBuffer<float> values;      ///< [n_features, width]
    AlignedBuffer<double> gradients;  ///< [kWorkParts, n_features, width]
  };

  void place(std::size_t problem);
  bool is_active(const Group& group) const;
  void run_block(Group& group, std::int64_t block, int part, float* logits, float* scratch);
  double& loss(std::size_t problem, int part) { return losses_[problem * kWorkParts + part]; }

  const ExampleMatrix& examples_;
  Problems& problems_;
  std::vector<Group> groups_;
  std::vector<std::pair<std::size_t, std::int64_t>> places_;  ///< group and column by problem
  std::vector<double> losses_;                                ///< [problem, kWorkParts]
  std::int64_t widest_ = 0, scratch_size_ = 0;
};

}  // namespace headlens
