#include "headlens/learn/logistic_solver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "headlens/base/cancellation.h"
#include "headlens/learn/inverse_renewal.h"

namespace headlens {
namespace {

/// The same program on each lane; barriers keep the stages apart.
class Rounds {
 public:
  Rounds(const ExampleMatrix& examples, SharedPass::Problems& problems, int n_lanes)
      : problems_(problems), pass_(examples, problems), renewal_(examples, problems, n_lanes) {}

  void run(Lane& lane) {
    for_parts(lane, [&](int part) { pass_.load_part(part); });
    while (std::ranges::any_of(problems_, [](const auto& p) { return !p->finished(); })) {
      if (lane.index() == 0) check_cancellation();
      for_parts(lane, [&](int part) { pass_.run_part(part); });
      for_problem_parts(lane, [&](std::size_t p, int part) { pass_.collect_part(p, part); });
      for_problems(lane, [&](std::size_t p) { problems_[p]->judge(pass_.data_loss(p)); });
      renewal_.run(lane);
      apply_classes(lane);
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

  void apply_classes(Lane& lane) {
    std::vector<std::pair<Preconditioner*, int>> tasks;
    for (const auto& problem : problems_) {
      if (problem->finished() || !problem->accepted()) continue;
      Preconditioner& preconditioner = problem->preconditioner();
      for (int c = 0; c < preconditioner.n_classes_to_apply(); ++c) {
        tasks.emplace_back(&preconditioner, c);
      }
    }
    const Range share = lane.share(static_cast<std::ptrdiff_t>(tasks.size()));
    for (std::ptrdiff_t i = share.begin; i < share.end; ++i) {
      tasks[i].first->apply_class(tasks[i].second);
    }
    lane.barrier();
  }

  SharedPass::Problems& problems_;
  SharedPass pass_;
  InverseRenewal renewal_;
};

}  // namespace

void solve_logistic(const ExampleMatrix& examples, SharedPass::Problems& problems) {
  const int n_lanes = std::min(thread_count(), kWorkParts);
  Rounds rounds(examples, problems, n_lanes);
  run_team(n_lanes, [&](Lane& lane) { rounds.run(lane); });
}

}  // namespace headlens
