#include "headlens/results/pruning_result.h"

#include <algorithm>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

void check_curve(const PruningCurve& curve, std::size_t n_heads, std::size_t n_counts) {
  if (curve.order.size() == n_heads && curve.loss_nats.size() == n_counts) return;
  throw ShapeError(
      "pruning curve",
      std::to_string(n_heads) + " heads and " + std::to_string(n_counts) + " losses",
      std::to_string(curve.order.size()) + " and " + std::to_string(curve.loss_nats.size()));
}

}  // namespace

std::string to_string(HeadPlace place) {
  return "L" + std::to_string(place.layer) + "H" + std::to_string(place.head);
}

RandomLoss random_loss(const PruningResult& result, std::size_t index) {
  if (result.random.empty()) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    return {none, none, none};
  }
  const double first = result.random.front().loss_nats.at(index);
  RandomLoss loss{0, first, first};
  for (const PruningCurve& curve : result.random) {
    const double here = curve.loss_nats.at(index);
    loss.mean += here / static_cast<double>(result.random.size());
    loss.low = std::min(loss.low, here);
    loss.high = std::max(loss.high, here);
  }
  return loss;
}

int heads_before_rise(const PruningResult& result, const std::vector<double>& loss_nats,
                      double rise_nats) {
  int heads = 0;
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    if (!(loss_nats.at(i) <= result.base_loss_nats + rise_nats)) break;
    heads = result.counts[i];
  }
  return heads;
}

void check_pruning(const PruningResult& result) {
  const std::size_t n_heads = result.importance.values.size();
  const auto& axes = result.importance.axes;
  if (axes.size() != 2 || axes[0].indices.size() * axes[1].indices.size() != n_heads) {
    throw ShapeError("pruning importance", "one value for each layer and head",
                     std::to_string(n_heads) + " values");
  }
  check_curve(result.least_first, n_heads, result.counts.size());
  check_curve(result.most_first, n_heads, result.counts.size());
  for (const PruningCurve& curve : result.random) {
    check_curve(curve, n_heads, result.counts.size());
  }
}

}  // namespace headlens
