#include "headlens/learn/adam_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/kernels/softmax.h"
#include "headlens/learn/class_weights.h"
#include "headlens/learn/dense_layer.h"
#include "headlens/learn/example_matrix.h"

namespace headlens {
namespace {

/// The layers and what they compute for one batch.
class Network {
 public:
  Network(std::int64_t n_columns, std::int64_t hidden, std::int64_t n_classes,
          std::int64_t max_rows, const AdamOptions& adam)
      : n_columns_(n_columns), x_stride_(n_columns + 1), x_(max_rows * x_stride_) {
    if (hidden > 0) {
      layers_.emplace_back(n_columns, hidden, adam);
      hidden_.resize(max_rows * layers_[0].output_stride());
      d_hidden_.resize(hidden_.size());
    }
    layers_.emplace_back(hidden > 0 ? hidden : n_columns, n_classes, adam);
    logits_.resize(max_rows * layers_.back().output_stride());
  }

  std::int64_t n_parameters() const {
    std::int64_t n = 0;
    for (const DenseLayer& layer : layers_) n += layer.n_parameters();
    return n;
  }

  void load(std::span<const float> parameters) {
    for (DenseLayer& layer : layers_) {
      layer.load(parameters.first(layer.n_parameters()));
      parameters = parameters.subspan(layer.n_parameters());
    }
  }

  std::vector<float> save() const {
    std::vector<float> parameters;
    for (const DenseLayer& layer : layers_) {
      const std::vector<float> own = layer.save();
      parameters.insert(parameters.end(), own.begin(), own.end());
    }
    return parameters;
  }

  std::vector<float> draw(std::mt19937_64& random) const {
    std::vector<float> parameters;
    for (const DenseLayer& layer : layers_) {
      const auto reach = static_cast<float>(1 / std::sqrt(static_cast<double>(layer.inputs())));
      std::uniform_real_distribution<float> uniform(-reach, reach);
      for (std::int64_t i = 0; i < layer.n_parameters(); ++i) parameters.push_back(uniform(random));
    }
    return parameters;
  }

  /// @param dropout  0 for none
  void forward(TensorView<const float, 2> x, std::span<const std::int32_t> rows, double dropout,
               std::mt19937_64& random) {
    n_rows_ = static_cast<std::int64_t>(rows.size());
    for (std::int64_t r = 0; r < n_rows_; ++r) {
      std::copy_n(x.data() + rows[r] * x.stride(0), n_columns_, x_.data() + r * x_stride_);
      x_[r * x_stride_ + n_columns_] = 1;
    }
    layers_[0].forward(x_.data(), x_stride_, n_rows_,
                       has_hidden() ? hidden_.data() : logits_.data());
    if (!has_hidden()) return;
    rectify(dropout, random);
    layers_[1].forward(hidden_.data(), layers_[0].output_stride(), n_rows_, logits_.data());
  }

  std::span<const float> logits(std::int64_t row) const {
    return std::span(logits_).subspan(row * layers_.back().output_stride(),
                                      layers_.back().outputs());
  }

  /// Sum of the rows' losses; logits become the gradient of their mean.
  double turn_into_gradient(std::span<const std::int32_t> classes) {
    double loss = 0;
    const std::int64_t n_classes = layers_.back().outputs();
    for (std::int64_t r = 0; r < n_rows_; ++r) {
      float* z = logits_.data() + r * layers_.back().output_stride();
      const LogSumExp whole = log_sum_exp(z, n_classes);
      loss += std::log(whole.sum) + whole.maximum - z[classes[r]];
      softmax_row(z, n_classes);
      z[classes[r]] -= 1;
      scale_row(z, 1.0f / static_cast<float>(n_rows_), n_classes);
    }
    return loss;
  }

  void learn() {
    if (!has_hidden()) return layers_[0].learn(x_.data(), x_stride_, logits_.data(), n_rows_);
    const std::int64_t stride = layers_[0].output_stride();
    layers_[1].backward_input(logits_.data(), n_rows_, d_hidden_.data(), stride);
    for (std::int64_t i = 0; i < n_rows_ * stride; ++i) {
      d_hidden_[i] = hidden_[i] > 0 ? d_hidden_[i] * keep_scale_ : 0;
    }
    layers_[1].learn(hidden_.data(), stride, logits_.data(), n_rows_);
    layers_[0].learn(x_.data(), x_stride_, d_hidden_.data(), n_rows_);
  }

 private:
  bool has_hidden() const { return layers_.size() == 2; }

  void rectify(double dropout, std::mt19937_64& random) {
    const std::int64_t width = layers_[0].outputs(), stride = layers_[0].output_stride();
    std::bernoulli_distribution drops(dropout);
    keep_scale_ = static_cast<float>(1 / (1 - dropout));
    for (std::int64_t r = 0; r < n_rows_; ++r) {
      float* row = hidden_.data() + r * stride;
      for (std::int64_t i = 0; i < width; ++i) {
        const bool dropped = dropout > 0 && drops(random);
        row[i] = dropped || row[i] < 0 ? 0 : row[i] * keep_scale_;
      }
      row[width] = 1;
    }
  }

  std::int64_t n_columns_, x_stride_, n_rows_ = 0;
  std::vector<DenseLayer> layers_;
  std::vector<float> x_, hidden_, d_hidden_, logits_;
  float keep_scale_ = 1;
};

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
double held_out_loss(Network& network, const EarlyStopping& held_out,
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
  bool goes_on(Network& network, const AdamProbeOptions& options, AdamProbeFit& fit,
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
  std::vector<float> parameters(const Network& network) const {
    return parameters_.empty() ? network.save() : parameters_;
  }

 private:
  double least_ = 0;
  std::vector<float> parameters_;
};

}  // namespace

AdamProbe::AdamProbe(std::vector<std::int32_t> classes, std::int64_t n_columns, std::int64_t hidden,
                     std::vector<float> parameters)
    : classes_(std::move(classes)),
      n_columns_(n_columns),
      hidden_(hidden),
      parameters_(std::move(parameters)) {}

std::vector<std::int32_t> AdamProbe::predict(TensorView<const float, 2> x) const {
  if (x.size(1) != n_columns_) {
    throw ShapeError("probe", std::to_string(n_columns_) + " columns", std::to_string(x.size(1)));
  }
  constexpr std::int64_t kRows = 256;
  Network network(n_columns_, hidden_, static_cast<std::int64_t>(classes_.size()), kRows, {});
  network.load(parameters_);
  std::vector<std::int32_t> rows(x.size(0)), labels;
  std::iota(rows.begin(), rows.end(), 0);
  std::mt19937_64 unused;
  for (std::int64_t first = 0; first < x.size(0); first += kRows) {
    const std::int64_t n = std::min(kRows, x.size(0) - first);
    network.forward(x, std::span(rows).subspan(first, n), 0, unused);
    for (std::int64_t r = 0; r < n; ++r) {
      const auto z = network.logits(r);
      labels.push_back(classes_[std::ranges::max_element(z) - z.begin()]);
    }
  }
  return labels;
}

AdamProbeFit train_adam_probe(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                              const AdamProbeOptions& options) {
  check(x, labels, options);
  const std::vector<std::int32_t> classes = classes_of(labels, {});
  if (classes.size() < 2) {
    throw UsageError("every example has label " + std::to_string(classes[0]) +
                     "; a probe needs two classes at least");
  }
  const std::int64_t n = x.size(0), batch = std::min<std::int64_t>(options.batch_size, n);
  Network network(x.size(1), options.hidden, static_cast<std::int64_t>(classes.size()), batch,
                  options.adam);
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
  fit.probe = AdamProbe(classes, x.size(1), options.hidden, best.parameters(network));
  return fit;
}

}  // namespace headlens
