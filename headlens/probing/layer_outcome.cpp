#include "headlens/probing/layer_outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/control_task.h"

namespace headlens {
namespace {

/// Reads lists of numbers that each begin with their length.
class NumberReader {
 public:
  NumberReader(std::span<const double> numbers, const std::string& place)
      : rest_(numbers), place_(place) {}

  double next() {
    if (rest_.empty()) fail();
    const double number = rest_[0];
    rest_ = rest_.subspan(1);
    return number;
  }

  std::vector<double> next_list() {
    const double length = next();
    if (!(length >= 0 && length <= static_cast<double>(rest_.size()))) fail();
    const auto list = rest_.first(static_cast<std::size_t>(length));
    rest_ = rest_.subspan(list.size());
    return {list.begin(), list.end()};
  }

  void end() const {
    if (!rest_.empty()) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw FormatError(place_, "has a line that is no outcome of a probe; remove the file");
  }

  std::span<const double> rest_;
  const std::string& place_;
};

void add_mean(GroupLosses& sum, const GroupLosses& losses, double weight) {
  sum.loss.resize(losses.loss.size());
  sum.scale.resize(losses.scale.size());
  for (std::size_t g = 0; g < losses.loss.size(); ++g) {
    sum.loss[g] += weight * losses.loss[g];
    sum.scale[g] += weight * losses.scale[g];
  }
}

/// All rows that any round trains on.
std::vector<std::int64_t> training_rows(const std::vector<ProbeRound>& rounds) {
  std::vector<std::int64_t> rows;
  for (const ProbeRound& round : rounds) {
    rows.insert(rows.end(), round.train.begin(), round.train.end());
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

/// The label that all rows have, if there is one.
std::optional<std::int32_t> only_label(const ProbeTarget& target,
                                       const std::vector<std::int64_t>& rows) {
  if (target.is_real() || rows.empty()) return std::nullopt;
  const std::int32_t label = target.labels[rows[0]];
  const bool is_only =
      std::ranges::all_of(rows, [&](std::int64_t row) { return target.labels[row] == label; });
  return is_only ? std::optional(label) : std::nullopt;
}

}  // namespace

std::vector<double> LayerOutcome::to_numbers() const {
  std::vector<double> numbers{converged ? 1.0 : 0.0, static_cast<double>(iterations), fit_seconds};
  for (const auto* list : {&c, &task_rounds, &control_rounds, &predicted, &task.loss, &task.scale,
                           &control.loss, &control.scale}) {
    numbers.push_back(static_cast<double>(list->size()));
    numbers.insert(numbers.end(), list->begin(), list->end());
  }
  return numbers;
}

LayerOutcome LayerOutcome::from_numbers(std::span<const double> numbers, const std::string& place) {
  NumberReader reader(numbers, place);
  LayerOutcome outcome;
  outcome.converged = reader.next() != 0;
  outcome.iterations = static_cast<std::int64_t>(reader.next());
  outcome.fit_seconds = reader.next();
  for (auto* list :
       {&outcome.c, &outcome.task_rounds, &outcome.control_rounds, &outcome.predicted,
        &outcome.task.loss, &outcome.task.scale, &outcome.control.loss, &outcome.control.scale}) {
    *list = reader.next_list();
  }
  reader.end();
  return outcome;
}

LayerTrainer::LayerTrainer(const ProbeTask& task, const std::vector<ProbeRound>& rounds,
                           const ProbeLearnerOptions& options, std::span<const std::uint64_t> seeds,
                           bool has_control)
    : task_(task), rounds_(rounds), options_(options) {
  if (seeds.empty()) throw UsageError("a probe needs a seed");
  check_learner(options, task.target, rounds);
  for (const std::uint64_t seed : seeds) {
    targets_.push_back(task.target);
    targets_.back().seed = seed;
    if (!trains_by_adam(options.kind)) break;
  }
  n_task_ = targets_.size();
  if (has_control) {
    const std::vector<std::int64_t> rows = training_rows(rounds);
    for (const std::uint64_t seed : seeds) targets_.push_back(control_task(task, rows, seed));
  }
  refuse_one_class();
}

void LayerTrainer::refuse_one_class() const {
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    for (std::size_t r = 0; r < rounds_.size(); ++r) {
      const std::optional<std::int32_t> label = only_label(targets_[t], rounds_[r].train);
      if (!label) continue;
      const std::string place =
          rounds_.size() > 1 ? fmt::format("fold {} of {}", r + 1, rounds_.size()) : "the split";
      const bool is_task = t < n_task_;
      throw UsageError(fmt::format(
          "{}{} trains on one class only, {}; a probe needs two: take {}",
          is_task ? "" : "the control task of ", place, printable(task_.classes[*label]),
          is_task ? "another split or more data" : "more data, or --no-control"));
    }
  }
}

LayerTrainer LayerTrainer::without_control() const {
  LayerTrainer trainer = *this;
  trainer.targets_.resize(n_task_);
  return trainer;
}

LayerOutcome LayerTrainer::train(TensorView<const float, 2> states,
                                 const ProbeLossCallback& on_loss) const {
  const auto start = std::chrono::steady_clock::now();
  const auto answers = learn_probes(states, targets_, rounds_, options_, on_loss);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  LayerOutcome outcome{.fit_seconds = elapsed.count()};
  const auto n_control = static_cast<double>(targets_.size() - n_task_);
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    std::vector<std::vector<double>> predicted;
    for (const ProbeAnswer& answer : answers[t]) {
      outcome.converged = outcome.converged && answer.converged;
      outcome.iterations = std::max(outcome.iterations, answer.iterations);
      if (t == 0 && answer.c) outcome.c.push_back(*answer.c);
      predicted.push_back(answer.predicted);
    }
    const bool is_task = t < n_task_;
    const std::vector<double> scores = round_scores(targets_[t], rounds_, predicted);
    auto& all = is_task ? outcome.task_rounds : outcome.control_rounds;
    all.insert(all.end(), scores.begin(), scores.end());
    add_mean(is_task ? outcome.task : outcome.control,
             group_losses(task_, targets_[t], rounds_, predicted),
             1 / (is_task ? static_cast<double>(n_task_) : n_control));
    if (t > 0) continue;
    for (const auto& round : predicted) {
      outcome.predicted.insert(outcome.predicted.end(), round.begin(), round.end());
    }
  }
  return outcome;
}

}  // namespace headlens
