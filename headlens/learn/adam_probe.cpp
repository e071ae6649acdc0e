#include "headlens/learn/adam_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/learn/adam_network.h"
#include "headlens/learn/class_weights.h"
#include "headlens/learn/example_matrix.h"

namespace headlens {
namespace {

void check(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
           const AdamProbeOptions& options) {
  check_examples(x);
  const auto n = static_cast<std::size_t>(x.size(0));
  if (labels.size() != n) {
    throw ShapeError("probe", std::to_string(n) + " labels", std::to_string(labels.size()));
  }
  if (options.batch_size < 1 || options.epochs < 1 || options.report_every < 1) {
    throw UsageError("a probe's batch size, epochs and report interval are 1 at least");
  }
  if (options.hidden < 0 || !(options.dropout >= 0 && options.dropout < 1) ||
      !(options.adam.learning_rate > 0)) {
    throw UsageError(
        "a probe's hidden size is not negative, its dropout in [0, 1), its learning "
        "rate above 0");
  }
  const EarlyStopping& stopping = options.early_stopping;
  if (stopping.patience < 0) throw UsageError("the patience of early stopping is not negative");
  if (stopping.patience > 0 &&
      (stopping.states.size(1) != x.size(1) ||
       stopping.states.size(0) != static_cast<std::int64_t>(stopping.labels.size()))) {
    throw ShapeError("early stopping", "validation states like the training's, a label each",
                     std::to_string(stopping.labels.size()) + " labels");
  }
  if (!options.order.empty() && options.order.size() != n * options.epochs) {
    throw ShapeError("probe", std::to_string(n * options.epochs) + " rows in the training order",
                     std::to_string(options.order.size()));
  }
  for (const std::int32_t row : options.order) {
    if (row < 0 || row >= x.size(0)) {
      throw UsageError("the training order has row " + std::to_string(row) + "; there are " +
                       std::to_string(n));
    }
  }
}

std::vector<std::int32_t> epoch_order(const AdamProbeOptions& options, std::int64_t n, int epoch,
                                      std::mt19937_64& random) {
  if (!options.order.empty()) {
    const auto rows = options.order.subspan(epoch * n, n);
    return {rows.begin(), rows.end()};
  }
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(order[i], order[static_cast<std::int64_t>(random() % (i + 1))]);
  }
  return order;
}

/// Mean loss in nats of rows whose class the network knows; infinite if it knows none.
double held_out_loss(AdamNetwork& network, const EarlyStopping& held_out,
                     const std::vector<std::int32_t>& classes, std::int64_t max_rows) {
  std::vector<std::int32_t> rows, own;
  for (std::size_t i = 0; i < held_out.labels.size(); ++i) {
    const auto place = std::ranges::lower_bound(classes, held_out.labels[i]);
    if (place == classes.end() || *place != held_out.labels[i]) continue;
    rows.push_back(static_cast<std::int32_t>(i));
    own.push_back(static_cast<std::int32_t>(place - classes.begin()));
  }
  double loss = 0;
  std::mt19937_64 unused;
  const std::int64_t n = std::ssize(rows);
  for (std::int64_t first = 0; first < n; first += max_rows) {
    const std::int64_t count = std::min(max_rows, n - first);
    network.forward(held_out.states, std::span(rows).subspan(first, count), 0, unused);
    loss += network.turn_into_gradient(std::span(own).subspan(first, count));
  }
  return n == 0 ? std::numeric_limits<double>::infinity() : loss / static_cast<double>(n);
}

/// Keeps the weights of the best epoch.
class BestEpoch {
 public:
  /// False when training should end.
  bool goes_on(AdamNetwork& network, const AdamProbeOptions& options, AdamProbeFit& fit,
               std::int64_t max_rows) {
    const int epoch = static_cast<int>(fit.losses_nats.size());
    if (options.early_stopping.patience == 0) {
      fit.best_epoch = epoch;
      return true;
    }
    fit.validation_losses_nats.push_back(
        held_out_loss(network, options.early_stopping, fit.probe.classes(), max_rows));
    if (fit.best_epoch == 0 || fit.validation_losses_nats.back() < least_) {
      least_ = fit.validation_losses_nats.back();
      fit.best_epoch = epoch;
      parameters_ = network.save();
    }
    return epoch - fit.best_epoch < options.early_stopping.patience;
  }
  std::vector<float> parameters(const AdamNetwork& network) const {
    return parameters_.empty() ? network.save() : parameters_;
  }

 private:
  double least_ = 0;
  std::vector<float> parameters_;
};

}  // namespace

AdamProbe::AdamProbe(std::vector<std::int32_t> classes, std::int64_t n_columns, std::int64_t hidden,
                     std::vector<float> parameters, bool rectified)
    : classes_(std::move(classes)),
      n_columns_(n_columns),
      hidden_(hidden),
      rectified_(rectified),
      parameters_(std::move(parameters)) {}

std::vector<double> AdamProbe::scores(TensorView<const float, 2> x) const {
  if (x.size(1) != n_columns_) {
    throw ShapeError("probe", std::to_string(n_columns_) + " columns", std::to_string(x.size(1)));
  }
  constexpr std::int64_t kRows = 256;
  AdamNetwork network(n_columns_, hidden_, rectified_, static_cast<std::int64_t>(classes_.size()),
                      kRows, {});
  network.load(parameters_);
  std::vector<std::int32_t> rows(x.size(0));
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<double> scores;
  std::mt19937_64 unused;
  for (std::int64_t first = 0; first < x.size(0); first += kRows) {
    const std::int64_t n = std::min(kRows, x.size(0) - first);
    network.forward(x, std::span(rows).subspan(first, n), 0, unused);
    for (std::int64_t r = 0; r < n; ++r) {
      const auto z = network.logits(r);
      scores.insert(scores.end(), z.begin(), z.end());
    }
  }
  return scores;
}

std::vector<std::int32_t> AdamProbe::predict(TensorView<const float, 2> x) const {
  const std::vector<double> all = scores(x);
  std::vector<std::int32_t> labels(x.size(0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = std::span(all).subspan(i * classes_.size(), classes_.size());
    labels[i] = classes_[std::ranges::max_element(row) - row.begin()];
  }
  return labels;
}

AdamProbeOptions rank_constrained(int rank) {
  return {.hidden = rank, .rectified = false, .dropout = 0};
}

AdamProbeFit train_adam_probe(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                              const AdamProbeOptions& options) {
  check(x, labels, options);
  const std::vector<std::int32_t> classes = classes_to_tell_apart(labels, {});
  const std::int64_t n = x.size(0), batch = std::min<std::int64_t>(options.batch_size, n);
  AdamNetwork network(x.size(1), options.hidden, options.rectified,
                      static_cast<std::int64_t>(classes.size()), batch, options.adam);
  std::mt19937_64 random(options.seed);
  if (!options.initial.empty() &&
      static_cast<std::int64_t>(options.initial.size()) != network.n_parameters()) {
    throw ShapeError("probe", std::to_string(network.n_parameters()) + " initial weights",
                     std::to_string(options.initial.size()));
  }
  const std::vector<float> drawn = network.draw(random);
  network.load(options.initial.empty() ? std::span<const float>(drawn) : options.initial);
  const double dropout = options.hidden > 0 ? options.dropout : 0;
  AdamProbeFit fit{AdamProbe(classes, x.size(1), options.hidden, {}), {}};
  BestEpoch best;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const std::vector<std::int32_t> order = epoch_order(options, n, epoch, random);
    double loss = 0;
    for (std::int64_t first = 0; first < n; first += batch) {
      check_cancellation();
      const auto rows = std::span(order).subspan(first, std::min(batch, n - first));
      std::vector<std::int32_t> own;
      for (const std::int32_t row : rows) {
        const auto place = std::ranges::lower_bound(classes, labels[row]) - classes.begin();
        own.push_back(static_cast<std::int32_t>(place));
      }
      network.forward(x, rows, dropout, random);
      loss += network.turn_into_gradient(own);
      network.learn();
    }
    fit.losses_nats.push_back(loss / static_cast<double>(n));
    const bool reports = (epoch + 1) % options.report_every == 0;
    if (reports && options.on_loss) options.on_loss(epoch + 1, fit.losses_nats.back());
    if (!best.goes_on(network, options, fit, batch)) break;
  }
  fit.probe =
      AdamProbe(classes, x.size(1), options.hidden, best.parameters(network), options.rectified);
  return fit;
}

}  // namespace headlens
