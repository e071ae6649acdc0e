#include "headlens/learn/logistic_solver.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/cancellation.h"

namespace headlens {
namespace {

/// The least curvature of an example in the inverse, as a share of its weight: one that is certain
/// now may not be later.
constexpr float kLeastCurvature = 1e-4f;

/// The same program on each lane; barriers keep the stages apart.
class Rounds {
 public:
  Rounds(const ExampleMatrix& examples, SharedPass::Problems& problems, int n_lanes)
      : examples_(examples), problems_(problems), pass_(examples, problems) {
    for (int i = 0; i < std::min<int>(n_lanes, static_cast<int>(problems.size())); ++i) {
      workspaces_.emplace_back(examples.n_features());
    }
  }

  void run(Lane& lane) {
    for_parts(lane, [&](int part) { pass_.load_part(part); });
    while (std::ranges::any_of(problems_, [](const auto& p) { return !p->finished(); })) {
      if (lane.index() == 0) check_cancellation();
      for_parts(lane, [&](int part) { pass_.run_part(part); });
      for_problem_parts(lane, [&](std::size_t p, int part) { pass_.collect_part(p, part); });
      for_problems(lane, [&](std::size_t p) { problems_[p]->judge(pass_.data_loss(p)); });
      renew_inverses(lane);
      for_accepted_parts(lane, [&](SolvedProblem& p, int part) { p.precondition(part); });
      for_problems(lane, [&](std::size_t p) {
        if (problems_[p]->accepted()) problems_[p]->advance();
      });
      for_problem_parts(lane, [&](std::size_t p, int part) { problems_[p]->step(part); });
      for_parts(lane, [&](int part) { pass_.load_part(part); });
    }
  }

 private:
  template <typename Body>
  static void for_parts(Lane& lane, const Body& body) {
    const Range share = lane.share(kWorkParts);
    for (std::ptrdiff_t part = share.begin; part < share.end; ++part) {
      body(static_cast<int>(part));
    }
    lane.barrier();
  }

  template <typename Body>
  void for_problem_parts(Lane& lane, const Body& body) {
    for_parts(lane, [&](int part) {
      for (std::size_t p = 0; p < problems_.size(); ++p) {
        if (!problems_[p]->finished()) body(p, part);
      }
    });
  }

  template <typename Body>
  void for_accepted_parts(Lane& lane, const Body& body) {
    for_problem_parts(lane, [&](std::size_t p, int part) {
      if (problems_[p]->accepted()) body(*problems_[p], part);
    });
  }

  template <typename Body>
  void for_problems(Lane& lane, const Body& body) {
    for (std::size_t p = lane.index(); p < problems_.size(); p += lane.size()) {
      if (!problems_[p]->finished()) body(p);
    }
    lane.barrier();
  }

  /// As many at a time as there are workspaces.
  void renew_inverses(Lane& lane) {
    std::vector<SolvedProblem*> wanted;
    for (const auto& problem : problems_) {
      if (problem->wants_new_inverse()) wanted.push_back(problem.get());
    }
    lane.barrier();
    for (std::size_t first = 0; first < wanted.size(); first += workspaces_.size()) {
      const std::size_t n = std::min(workspaces_.size(), wanted.size() - first);
      renew_batch(lane, {wanted.data() + first, n});
    }
  }

  void renew_batch(Lane& lane, std::span<SolvedProblem* const> batch) {
    for (std::size_t i = lane.index(); i < batch.size(); i += lane.size()) {
      const std::vector<float>& weights = batch[i]->problem().weights;
      const std::span<float> curvatures = batch[i]->curvatures();
      for (std::size_t row = 0; row < weights.size(); ++row) {
        curvatures[row] = std::max(curvatures[row], kLeastCurvature * weights[row]);
      }
      batch[i]->forget_pairs();
    }
    lane.barrier();
    for_tiles(lane, batch, [&](SolvedProblem& p, std::int64_t tile, auto& workspace) {
      p.inverse().sum_tile(examples_, p.curvatures(), tile, workspace);
    });
    for (std::size_t i = lane.index(); i < batch.size(); i += lane.size()) {
      batch[i]->inverse().factor(batch[i]->problem().penalty, workspaces_[i]);
    }
    lane.barrier();
    for_tiles(lane, batch, [&](SolvedProblem& p, std::int64_t tile, auto& workspace) {
      p.inverse().invert_tile(tile, workspace);
    });
  }

  /// The widest tiles of the triangle first, so that the lanes end together.
  template <typename Body>
  void for_tiles(Lane& lane, std::span<SolvedProblem* const> batch, const Body& body) {
    const std::int64_t n_tiles = batch[0]->inverse().n_tiles();
    const auto n = static_cast<std::ptrdiff_t>(batch.size());
    lane.for_each_dynamic(n * n_tiles, [&](std::ptrdiff_t i) {
      body(*batch[i % n], n_tiles - 1 - i / n, workspaces_[i % n]);
    });
    lane.barrier();
  }

  const ExampleMatrix& examples_;
  SharedPass::Problems& problems_;
  SharedPass pass_;
  std::vector<CurvatureInverse::Workspace> workspaces_;
};

}  // namespace

void solve_logistic(const ExampleMatrix& examples, SharedPass::Problems& problems) {
  const int n_lanes = std::min(thread_count(), kWorkParts);
  Rounds rounds(examples, problems, n_lanes);
  run_team(n_lanes, [&](Lane& lane) { rounds.run(lane); });
}

}  // namespace headlens
