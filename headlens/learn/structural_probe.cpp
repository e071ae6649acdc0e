#include "headlens/learn/structural_probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/kernels/pair_distances.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/structural_batch.h"

namespace headlens {
namespace {

constexpr double kNewMinimum = 1e-4;
constexpr double kSmallestChange = 1e-8;  ///< of a rate, as in ReduceLROnPlateau

std::int64_t padded(std::int64_t rank) { return (rank + 15) / 16 * 16; }

/// [n_columns, rank] with rows of whole vectors.
std::vector<float> pad(std::span<const float> matrix, std::int64_t rank) {
  const std::int64_t n = static_cast<std::int64_t>(matrix.size()) / rank, stride = padded(rank);
  std::vector<float> wide(n * stride, 0.0f);
  for (std::int64_t j = 0; j < n; ++j) {
    std::copy_n(matrix.data() + j * rank, rank, wide.data() + j * stride);
  }
  return wide;
}

void check(const TreebankStates& training, const StructuralOptions& options, std::int64_t rank) {
  if (options.batch_sentences < 1 || options.epochs < 1 || options.patience < 0) {
    throw UsageError("a structural probe's batch and epochs are 1 at least, its patience 0");
  }
  if (rank < 1 || rank > training.states.size(1)) {
    throw UsageError("the rank of a structural probe is 1 to the states' " +
                     std::to_string(training.states.size(1)) + " columns, not " +
                     std::to_string(rank));
  }
  if (!(options.adam.learning_rate > 0) || !(options.decay > 0 && options.decay <= 1)) {
    throw UsageError("a structural probe's learning rate is above 0, its decay in (0, 1]");
  }
  const std::int64_t n = training.n_sentences();
  if (!options.order.empty() &&
      static_cast<std::int64_t>(options.order.size()) != n * options.epochs) {
    throw ShapeError("structural probe",
                     std::to_string(n * options.epochs) + " sentences in the training order",
                     std::to_string(options.order.size()));
  }
  for (const std::int32_t s : options.order) {
    if (s < 0 || s >= n) {
      throw UsageError("the training order has sentence " + std::to_string(s) + "; there are " +
                       std::to_string(n));
    }
  }
  const auto size = static_cast<std::size_t>(training.states.size(1) * rank);
  if (!options.initial.empty() && options.initial.size() != size) {
    throw ShapeError("structural probe", std::to_string(size) + " initial weights",
                     std::to_string(options.initial.size()));
  }
}

/// Rates and stops as Hewitt and Manning's regimen.
class Schedule {
 public:
  Schedule(const StructuralOptions& options) : options_(options) {}

  /// @return  whether this epoch's probe is the one to keep
  bool judge(int epoch, double loss, Adam& adam) {
    if (loss < plateau_ * (1 - kNewMinimum)) {
      plateau_ = loss;
    } else {
      const double rate = adam.learning_rate() * options_.decay;
      if (adam.learning_rate() - rate > kSmallestChange) adam.set_learning_rate(rate);
    }
    if (loss < lowest_ - kNewMinimum) {
      lowest_ = loss;
      best_epoch_ = epoch;
      return true;
    }
    finished_ = best_epoch_ < epoch - options_.patience;
    return false;
  }

  bool finished() const { return finished_; }
  int best_epoch() const { return best_epoch_; }

 private:
  const StructuralOptions& options_;
  double plateau_ = std::numeric_limits<double>::infinity(),
         lowest_ = std::numeric_limits<double>::infinity();
  int best_epoch_ = 0;
  bool finished_ = false;
};

class Trainer {
 public:
  Trainer(const StructuralExamples& training, std::int64_t rank, const StructuralOptions& options)
      : training_(training),
        options_(options),
        rank_(rank),
        random_(options.seed),
        matrix_(pad(options.initial.empty()
                        ? draw()
                        : std::vector<float>(options.initial.begin(), options.initial.end()),
                    rank)),
        gradient_(matrix_.size()),
        adam_(static_cast<std::int64_t>(matrix_.size()), options.adam),
        batch_(training.n_columns(), rank, padded(rank)) {}

  Adam& adam() { return adam_; }

  /// Mean loss of the sentences, each before its batch's step.
  double train(int epoch) {
    const std::vector<std::int32_t> order = epoch_order(epoch);
    double sum = 0;
    for_batches(order, [&](std::span<const std::int32_t> sentences) {
      sum += batch_.forward(training_, sentences, matrix_.data());
      std::ranges::fill(gradient_, 0.0);
      batch_.backward(gradient_.data());
      adam_.step(matrix_, gradient_);
    });
    return sum / static_cast<double>(order.size());
  }

  double loss_of(const StructuralExamples& examples) {
    std::vector<std::int32_t> order(examples.n_sentences());
    std::iota(order.begin(), order.end(), 0);
    double sum = 0;
    for_batches(order, [&](std::span<const std::int32_t> sentences) {
      sum += batch_.forward(examples, sentences, matrix_.data());
    });
    return sum / static_cast<double>(order.size());
  }

  std::vector<float> matrix() const {
    std::vector<float> narrow;
    for (std::int64_t j = 0; j < training_.n_columns(); ++j) {
      const float* row = matrix_.data() + j * padded(rank_);
      narrow.insert(narrow.end(), row, row + rank_);
    }
    return narrow;
  }

 private:
  std::vector<float> draw() {
    std::vector<float> matrix(training_.n_columns() * rank_);
    std::uniform_real_distribution<float> uniform(-0.05f, 0.05f);
    for (float& value : matrix) value = uniform(random_);
    return matrix;
  }

  std::vector<std::int32_t> epoch_order(int epoch) {
    const std::int64_t n = training_.n_sentences();
    if (!options_.order.empty()) {
      const auto own = options_.order.subspan(epoch * n, n);
      return {own.begin(), own.end()};
    }
    std::vector<std::int32_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    for (std::int64_t i = n - 1; i > 0; --i) {
      std::swap(order[i], order[static_cast<std::int64_t>(random_() % (i + 1))]);
    }
    return order;
  }

  template <typename Body>
  void for_batches(std::span<const std::int32_t> order, const Body& body) const {
    const auto batch = static_cast<std::size_t>(options_.batch_sentences);
    for (std::size_t first = 0; first < order.size(); first += batch) {
      check_cancellation();
      body(order.subspan(first, std::min(batch, order.size() - first)));
    }
  }

  const StructuralExamples& training_;
  const StructuralOptions& options_;
  std::int64_t rank_;
  std::mt19937_64 random_;
  std::vector<float> matrix_;     ///< B^T, [n_columns, padded rank]
  std::vector<double> gradient_;  ///< the same
  Adam adam_;
  StructuralBatch batch_;
};

}  // namespace

std::string to_string(StructuralTarget target) {
  return target == StructuralTarget::distance ? "distance" : "depth";
}

StructuralProbe::StructuralProbe(StructuralTarget target, std::int64_t n_columns, std::int64_t rank,
                                 std::vector<float> matrix)
    : target_(target), n_columns_(n_columns), rank_(rank), matrix_(std::move(matrix)) {}

std::vector<float> StructuralProbe::predict(TensorView<const float, 2> states) const {
  if (states.size(1) != n_columns_) {
    throw ShapeError("structural probe", std::to_string(n_columns_) + " columns",
                     std::to_string(states.size(1)));
  }
  const std::int64_t n = states.size(0), stride = padded(rank_);
  const bool is_distance = target_ == StructuralTarget::distance;
  const std::vector<double> centre =
      is_distance ? column_means(states) : std::vector<double>(n_columns_, 0.0);
  std::vector<float> x(n * n_columns_), p(n * stride);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      x[i * n_columns_ + j] = static_cast<float>(states(i, j) - centre[j]);
    }
  }
  const std::vector<float> matrix = pad(matrix_, rank_);
  for (std::int64_t c = 0; c < rank_; c += kPanelColumns) {
    multiply_panel(x.data(), n_columns_, n, matrix.data() + c, stride, n_columns_,
                   {p.data() + c, stride, std::min(kPanelColumns, rank_ - c)});
  }
  std::vector<float> predicted(is_distance ? n * n : n);
  if (is_distance) {
    squared_distances(p.data(), stride, n, rank_, predicted.data());
  } else {
    squared_lengths(p.data(), stride, n, rank_, predicted.data());
  }
  return predicted;
}

StructuralFit train_structural_probe(const TreebankStates& training,
                                     const TreebankStates& validation,
                                     const StructuralOptions& options) {
  const std::int64_t rank = options.rank == 0 ? training.states.size(1) : options.rank;
  check(training, options, rank);
  const bool validates = validation.begins.size() > 1;
  if (validates && validation.states.size(1) != training.states.size(1)) {
    throw ShapeError("validation of a structural probe",
                     std::to_string(training.states.size(1)) + " columns",
                     std::to_string(validation.states.size(1)));
  }
  const std::vector<double> centre = options.target == StructuralTarget::distance
                                         ? column_means(training.states)
                                         : std::vector<double>();
  const StructuralExamples examples(training, options.target, centre);
  std::optional<StructuralExamples> held_out;
  if (validates) held_out.emplace(validation, options.target, centre);
  Trainer trainer(examples, rank, options);
  Schedule schedule(options);
  StructuralFit fit{StructuralProbe(options.target, training.states.size(1), rank, {}),
                    {},
                    {},
                    {},
                    options.epochs - 1};
  std::vector<float> best;
  for (int epoch = 0; epoch < options.epochs && !schedule.finished(); ++epoch) {
    fit.learning_rates.push_back(trainer.adam().learning_rate());
    fit.training_losses.push_back(trainer.train(epoch));
    if (validates) {
      fit.validation_losses.push_back(trainer.loss_of(*held_out));
      if (schedule.judge(epoch, fit.validation_losses.back(), trainer.adam())) {
        best = trainer.matrix();
      }
      fit.best_epoch = schedule.best_epoch();
    }
    if (options.on_epoch) options.on_epoch(epoch + 1);
  }
  if (best.empty()) best = trainer.matrix();
  fit.probe = StructuralProbe(options.target, training.states.size(1), rank, std::move(best));
  return fit;
}

double structural_loss(const StructuralProbe& probe, const TreebankStates& sentences) {
  const std::vector<double> centre = probe.target() == StructuralTarget::distance
                                         ? column_means(sentences.states)
                                         : std::vector<double>();
  const StructuralExamples examples(sentences, probe.target(), centre);
  const std::vector<float> matrix = pad(probe.matrix(), probe.rank());
  StructuralBatch batch(probe.n_columns(), probe.rank(), padded(probe.rank()));
  double sum = 0;
  for (std::int32_t s = 0; s < examples.n_sentences(); ++s) {
    sum += batch.forward(examples, std::span(&s, 1), matrix.data());
  }
  return sum / static_cast<double>(examples.n_sentences());
}

}  // namespace headlens
