#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/class_coordinates.h"
#include "headlens/learn/lbfgs_memory.h"
#include "headlens/learn/preconditioner.h"
#include "headlens/learn/work_parts.h"

namespace headlens {

/// Sums, over one problem's rows in the order of ExampleMatrix, that the solver minimises:
///     sum of weights * cross-entropy + 1/2 sum of penalty * v^2
/// over v [n_features, n_columns], the coordinates of ExampleMatrix and ClassCoordinates.
struct SolverProblem {
  ClassCoordinates coordinates;
  std::vector<std::int32_t> classes;  ///< [n_rows of whole blocks], 0 .. n_classes - 1
  std::vector<float> weights;         ///< the same; 0 leaves a row out
  std::vector<double> penalty;        ///< [n_features]
  std::vector<double> start;          ///< [n_features, n_columns]
};

struct StoppingRule {
  int max_iterations;
  double tolerance;
  int memory;
};

/// One problem on its way to the optimum. Work on vectors is divided into kWorkParts ranges of
/// features that any thread may do; decisions are taken by one thread between them. A round is:
/// the pass writes data_loss and the parts of the gradient at trial(); collect() all parts;
/// judge(); if it was accepted, the preconditioner's classes are applied, precondition() all parts
/// and advance(); step() all parts.
class SolvedProblem {
 public:
  SolvedProblem(SolverProblem problem, const StoppingRule& rule, const ExampleMatrix& examples);

  const SolverProblem& problem() const { return problem_; }
  std::int64_t n_columns() const { return problem_.coordinates.n_columns; }
  const double* trial() const { return trial_.data(); }
  /// Where the pass leaves softmax_loss()'s errors of rows from `first_row` on; null in rounds that
  /// cannot lead to a new preconditioner.
  float* errors_wanted(std::int64_t first_row);
  /// [n_rows of whole blocks, n_classes]; as the last pass that was asked for them left them.
  const float* errors() const { return errors_.data(); }

  bool finished() const { return finished_; }
  bool accepted() const { return accepted_; }
  bool wants_new_inverse() const { return !finished_ && accepted_ && wants_new_inverse_; }

  /// @param gradient_parts  [kWorkParts] of [n_features, stride], this problem's first column
  void collect(int part, std::span<const double* const> gradient_parts, std::int64_t stride);
  /// @param data_loss  at trial(), without the penalty
  void judge(double data_loss);
  void precondition(int part);
  void advance();
  void step(int part);

  Preconditioner& preconditioner() { return preconditioner_; }
  /// The preconditioner is about to be made anew: pairs of the old one say nothing about it.
  void begin_renewal();

  // The answer, once finished.
  const std::vector<double>& solution() const { return point_; }
  double loss() const { return loss_; }
  int iterations() const { return iterations_; }
  bool converged() const { return converged_; }
  /// Estimate of what is left to the optimum, (g^T H g / 2) / loss.
  double remaining() const { return remaining_; }

 private:
  Range elements(int part) const;
  double sum_of_parts(int which) const;
  bool good_enough(double trial_loss, double trial_slope) const;
  void shorten_step(double trial_loss, double trial_slope);
  void give_up_line();
  void check_convergence();

  SolverProblem problem_;
  StoppingRule rule_;
  std::int64_t n_features_;
  Preconditioner preconditioner_;
  LbfgsMemory memory_;
  AlignedBuffer<float> errors_;
  std::vector<double> point_, trial_, gradient_, trial_gradient_, inverse_gradient_,
      trial_inverse_gradient_, direction_;
  std::vector<double> part_sums_;  ///< [kWorkParts, n]: penalty and slope, or the pairs' products
  double loss_ = 0, slope_ = 0, step_ = 1, remaining_ = 1, last_decrease_ = 1;
  int iterations_ = 0, backtracks_ = 0, since_inverse_ = 0, inverse_interval_, settled_ = 0;
  bool started_ = false, accepted_ = false, restarted_ = false, has_pair_base_ = false,
       wants_new_inverse_ = true, finished_ = false, converged_ = false;
};

}  // namespace headlens
