#include "headlens/learn/inverse_renewal.h"

#include <algorithm>

#include "headlens/learn/row_curvatures.h"

namespace headlens {
namespace {

/// The least curvature of an example in an inverse, as a share of its weight: one that is certain
/// now may not be later.
constexpr float kLeastShared = 1e-4f, kLeastByClass = 1e-5f;
/// Of a class, examples of less than this share of the mean curvature are not summed one by one:
/// all examples stand for them, with what their curvatures add up to.
constexpr double kSmallByClass = 0.2;

WeightedRows shared_rows(SolvedProblem& problem) {
  const std::vector<float>& weights = problem.problem().weights;
  std::vector<float> curvatures(weights.size());
  mean_curvatures(problem.problem().coordinates, weights, problem.errors(), curvatures);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    curvatures[i] = std::max(curvatures[i], kLeastShared * weights[i]);
  }
  return WeightedRows::above(0, curvatures);
}

}  // namespace

InverseRenewal::InverseRenewal(const ExampleMatrix& examples, SharedPass::Problems& problems,
                               int n_lanes)
    : examples_(examples), problems_(problems), all_(examples.n_features()) {
  for (int i = 0; i < n_lanes; ++i) workspaces_.emplace_back(examples.n_features());
  rows_.resize(workspaces_.size());
}

void InverseRenewal::run(Lane& lane) {
  std::vector<SolvedProblem*> wanted, shared, by_class;
  for (const auto& problem : problems_) {
    if (problem->wants_new_inverse()) wanted.push_back(problem.get());
  }
  lane.barrier();
  if (wanted.empty()) return;
  for (std::size_t i = lane.index(); i < wanted.size(); i += lane.size()) {
    wanted[i]->begin_renewal();
  }
  lane.barrier();
  for (SolvedProblem* problem : wanted) {
    (problem->preconditioner().by_class() ? by_class : shared).push_back(problem);
  }
  if (!shared.empty()) renew_shared(lane, shared);
  if (!by_class.empty()) renew_by_class(lane, by_class);
}

/// As many at a time as there are workspaces.
void InverseRenewal::renew_shared(Lane& lane, Batch problems) {
  for (std::size_t first = 0; first < problems.size(); first += workspaces_.size()) {
    renew_batch(lane,
                problems.subspan(first, std::min(workspaces_.size(), problems.size() - first)));
  }
}

void InverseRenewal::renew_batch(Lane& lane, Batch batch) {
  const auto n = static_cast<std::ptrdiff_t>(batch.size());
  const std::int64_t n_tiles = all_.n_tiles();
  // The widest tiles of the triangle first, so that the lanes end together.
  const auto for_tiles = [&](const auto& body) {
    lane.for_each_dynamic(n * n_tiles, [&](std::ptrdiff_t i) {
      body(i % n, n_tiles - 1 - i / n, workspaces_[i % n]);
    });
    lane.barrier();
  };
  for (std::ptrdiff_t i = lane.index(); i < n; i += lane.size()) rows_[i] = shared_rows(*batch[i]);
  lane.barrier();
  for_tiles([&](std::ptrdiff_t i, std::int64_t tile, CurvatureSums& sums) {
    sums.clear({tile, tile + 1});
    sums.add(examples_, rows_[i], {tile, tile + 1});
  });
  for (std::ptrdiff_t i = lane.index(); i < n; i += lane.size()) {
    workspaces_[i].factor(batch[i]->problem().penalty);
  }
  lane.barrier();
  for_tiles([&](std::ptrdiff_t i, std::int64_t tile, CurvatureSums& sums) {
    batch[i]->preconditioner().shared().take_tile(tile, sums);
  });
}

void InverseRenewal::sum_all(Lane& lane) {
  if (has_all_) return;
  WeightedRows rows;
  for (std::int64_t i = 0; i < examples_.n_rows(); ++i) {
    rows.rows.push_back(static_cast<std::int32_t>(i));
    rows.weights.push_back(1);
  }
  lane.for_each_dynamic(all_.n_tiles(), [&](std::ptrdiff_t i) {
    const std::int64_t tile = all_.n_tiles() - 1 - i;
    all_.clear({tile, tile + 1});
    all_.add(examples_, rows, {tile, tile + 1});
  });
  lane.barrier();
  if (lane.index() == 0) has_all_ = true;
  lane.barrier();
}

void InverseRenewal::renew_by_class(Lane& lane, Batch problems) {
  sum_all(lane);
  std::vector<std::pair<SolvedProblem*, int>> tasks;
  for (SolvedProblem* problem : problems) {
    for (int c = 0; c < problem->problem().coordinates.n_classes; ++c)
      tasks.emplace_back(problem, c);
  }
  lane.for_each_dynamic(static_cast<std::ptrdiff_t>(tasks.size()), [&](std::ptrdiff_t i) {
    renew_class(*tasks[i].first, tasks[i].second, workspaces_[lane.index()]);
  });
  lane.barrier();
}

void InverseRenewal::renew_class(SolvedProblem& problem, int c, CurvatureSums& sums) {
  const std::vector<float>& weights = problem.problem().weights;
  std::vector<float> curvatures(weights.size());
  class_curvatures(problem.problem().coordinates, c, weights, problem.errors(), curvatures);
  const auto n = static_cast<double>(examples_.n_rows());
  double all = 0, small = 0, weight = 0;
  for (const float curvature : curvatures) all += curvature;
  for (const float w : weights) weight += w;
  const auto least = static_cast<float>(kSmallByClass * all / n);
  for (const float curvature : curvatures) small += curvature > least ? 0 : curvature;
  const Range tiles{0, static_cast<std::ptrdiff_t>(sums.n_tiles())};
  sums.set_scaled(tiles, (small + kLeastByClass * weight) / n, all_);
  sums.add(examples_, WeightedRows::above(least, curvatures), tiles);
  sums.factor(problem.problem().penalty);
  problem.preconditioner().take_class(c, sums.inverse_factor());
}

}  // namespace headlens
