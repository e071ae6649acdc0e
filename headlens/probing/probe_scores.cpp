#include "headlens/probing/probe_scores.h"

#include <limits>
#include <numeric>

namespace headlens {
namespace {

double mean_of(const ProbeTarget& target, std::span<const std::int64_t> rows) {
  double sum = 0;
  for (const std::int64_t row : rows) sum += target.number(row);
  return sum / static_cast<double>(rows.size());
}

double square(double value) { return value * value; }

double loss_of(const ProbeTarget& target, std::int64_t row, double predicted) {
  if (target.is_real()) return square(target.number(row) - predicted);
  return target.number(row) == predicted ? 0 : 1;
}

double score_of(double loss, double scale) {
  return scale > 0 ? 1 - loss / scale : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double GroupLosses::score() const {
  return score_of(std::accumulate(loss.begin(), loss.end(), 0.0),
                  std::accumulate(scale.begin(), scale.end(), 0.0));
}

GroupLosses group_losses(const ProbeTask& task, const ProbeTarget& target,
                         const std::vector<ProbeRound>& rounds,
                         const std::vector<std::vector<double>>& predicted) {
  std::vector<std::int64_t> tested;
  for (const ProbeRound& round : rounds) {
    tested.insert(tested.end(), round.test.begin(), round.test.end());
  }
  const double mean = target.is_real() ? mean_of(target, tested) : 0;
  GroupLosses losses{std::vector<double>(task.n_groups()), std::vector<double>(task.n_groups())};
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    for (std::size_t i = 0; i < rounds[r].test.size(); ++i) {
      const std::int64_t row = rounds[r].test[i];
      losses.loss[task.groups[row]] += loss_of(target, row, predicted[r][i]);
      losses.scale[task.groups[row]] += target.is_real() ? square(target.number(row) - mean) : 1;
    }
  }
  return losses;
}

std::vector<double> round_scores(const ProbeTarget& target, const std::vector<ProbeRound>& rounds,
                                 const std::vector<std::vector<double>>& predicted) {
  std::vector<double> scores;
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    const double mean = target.is_real() ? mean_of(target, rounds[r].test) : 0;
    double loss = 0, scale = 0;
    for (std::size_t i = 0; i < rounds[r].test.size(); ++i) {
      const std::int64_t row = rounds[r].test[i];
      loss += loss_of(target, row, predicted[r][i]);
      scale += target.is_real() ? square(target.number(row) - mean) : 1;
    }
    scores.push_back(score_of(loss, scale));
  }
  return scores;
}

}  // namespace headlens
