#include "headlens/interventions/readout.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/softmax.h"
#include "headlens/models/output_head.h"

namespace headlens {
namespace {

/// Whole rows of logits that are held at once.
constexpr std::int64_t kRowsAtOnce = 32;

double log_total(const float* logits, std::int64_t n) {
  const LogSumExp total = log_sum_exp(logits, n);
  return total.maximum + std::log(total.sum);
}

/// KL(base || this) of one position.
double kl_from(const float* base, const float* logits, double total, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double p = std::exp(static_cast<double>(base[i]));
    // Rounded as the base's are, so that a run that is equal to it is at 0.
    sum += p * (static_cast<double>(base[i]) - static_cast<float>(logits[i] - total));
  }
  return std::max(0.0, sum);
}

double jensen_shannon(const float* base, const float* logits, double total, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double p = std::exp(static_cast<double>(base[i])), q = std::exp(logits[i] - total);
    const double log_middle = std::log((p + q) / 2);
    if (p > 0) sum += p / 2 * (base[i] - log_middle);
    if (q > 0) sum += q / 2 * (logits[i] - total - log_middle);
  }
  return std::max(0.0, sum);
}

}  // namespace

Readout::Readout(const Model& model, std::vector<Metric> metrics)
    : model_(model), metrics_(std::move(metrics)) {
  if (!model.spec().predicts_tokens()) {
    throw UnsupportedError("this model predicts no tokens, so that no metric can be read");
  }
}

bool Readout::reads(Metric metric) const {
  return std::ranges::find(metrics_, metric) != metrics_.end();
}

void Readout::prepare(Question& question, const BaseRun& base) const {
  if (!reads(Metric::kl) && !reads(Metric::js)) return;
  const std::int64_t n = model_.spec().vocab_size;
  const auto rows = static_cast<std::int64_t>(question.positions.size());
  std::vector<float> states = base_states(question, base);
  transform_for_prediction(model_, rows, states.data());
  Tensor logits({rows, n});
  model_.head().unembedding.multiply(states.data(), rows, logits.data(), false);
  for (std::int64_t row = 0; row < rows; ++row) {
    float* values = logits.data() + row * n;
    const double total = log_total(values, n);
    for (std::int64_t i = 0; i < n; ++i) values[i] = static_cast<float>(values[i] - total);
  }
  question.base_log_probabilities = std::move(logits);
}

std::vector<float> Readout::base_states(const Question& question, const BaseRun& base) const {
  const std::int64_t n = model_.spec().d_model;
  std::vector<float> states(question.positions.size() * n);
  for (std::size_t i = 0; i < question.positions.size(); ++i) {
    std::copy_n(base.last_state.data() + question.positions[i] * n, n, states.data() + i * n);
    apply_final_norm(model_, states.data() + i * n);
  }
  return states;
}

std::vector<double> Readout::read_base_all(const Question& question, const BaseRun& base) const {
  std::vector<float> states = base_states(question, base);
  const Question* const questions[] = {&question};
  std::vector<double> values(metrics_.size());
  read(questions, states, values);
  return values;
}

void Readout::read(std::span<const Question* const> questions, std::span<float> states,
                   std::span<double> values) const {
  const std::int64_t n = model_.spec().d_model;
  transform_for_prediction(model_, static_cast<std::int64_t>(states.size()) / n, states.data());
  const bool reads_columns =
      metrics_.size() == 1 && (reads(Metric::logit) || reads(Metric::logit_difference));
  if (!reads_columns) return read_rows(questions, states.data(), values);
  for (std::size_t begin = 0, end = 0; begin < questions.size(); begin = end) {
    while (end < questions.size() && questions[end] == questions[begin]) ++end;
    read_columns(*questions[begin], static_cast<std::int64_t>(end - begin),
                 states.data() + begin * n, values.data() + begin);
  }
}

void Readout::read_columns(const Question& question, std::int64_t rows, const float* states,
                           double* values) const {
  const PackedLinear& unembedding = model_.head().unembedding;
  std::vector<float> columns(rows * kPanelColumns);
  std::fill_n(values, rows, 0.0);
  const auto add = [&](std::int64_t id, double sign) {
    const std::int64_t first = id / kPanelColumns * kPanelColumns;
    const Range panel{first, std::min(first + kPanelColumns, unembedding.out_features())};
    unembedding.multiply_block(states, rows, panel, columns.data());
    for (std::int64_t row = 0; row < rows; ++row) {
      values[row] += sign * columns[row * panel.size() + id - first];
    }
  };
  add(question.answer.front(), 1);
  if (reads(Metric::logit_difference)) add(question.foil.front(), -1);
}

void Readout::read_rows(std::span<const Question* const> questions, const float* states,
                        std::span<double> values) const {
  const std::int64_t n = model_.spec().d_model, vocabulary = model_.spec().vocab_size;
  struct Place {
    std::size_t question, index;
  };
  std::vector<Place> places;
  for (std::size_t q = 0; q < questions.size(); ++q) {
    for (std::size_t i = 0; i < questions[q]->positions.size(); ++i) places.push_back({q, i});
  }
  const auto total = static_cast<std::int64_t>(places.size());
  AlignedBuffer<float> logits(std::min(total, kRowsAtOnce) * vocabulary);
  std::ranges::fill(values, 0.0);
  for (std::int64_t first = 0; first < total; first += kRowsAtOnce) {
    const std::int64_t rows = std::min(kRowsAtOnce, total - first);
    model_.head().unembedding.multiply(states + first * n, rows, logits.data(), false);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto [question, index] = places[first + row];
      add_row(*questions[question], index, logits.data() + row * vocabulary,
              values.data() + question * metrics_.size());
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Question& question = *questions[i / metrics_.size()];
    values[i] = finish(metrics_[i % metrics_.size()], values[i], question.positions.size());
  }
}

void Readout::add_row(const Question& question, std::size_t index, const float* logits,
                      double* values) const {
  const std::int64_t n = model_.spec().vocab_size;
  const double total = log_total(logits, n);
  const float* base = question.base_at(index);
  const auto larger = [&](std::size_t of) {
    const float own = logits[question.answer[of]];
    return std::count_if(logits, logits + n, [own](float logit) { return logit > own; });
  };
  for (const Metric metric : metrics_) {
    double& value = *values++;
    switch (metric) {
      case Metric::rank:
        value += 1 + static_cast<double>(larger(index));
        break;
      case Metric::accuracy:
        value += larger(index) == 0 && !std::isnan(logits[question.answer[index]]) ? 1 : 0;
        break;
      case Metric::kl:
        value += kl_from(base, logits, total, n);
        break;
      case Metric::js:
        value += jensen_shannon(base, logits, total, n);
        break;
      case Metric::logit:
        value += logits[question.answer[index]];
        break;
      case Metric::logit_difference:
        value += static_cast<double>(logits[question.answer[index]]) - logits[question.foil[index]];
        break;
      default:
        value += logits[question.answer[index]] - total;
    }
  }
}

double Readout::finish(Metric metric, double sum, std::size_t n_positions) {
  switch (metric) {
    case Metric::probability:
      return std::exp(sum);
    case Metric::loss:
      return -sum / static_cast<double>(n_positions);
    case Metric::kl:
    case Metric::js:
    case Metric::accuracy:
      return sum / static_cast<double>(n_positions);
    default:
      return sum;
  }
}

}  // namespace headlens
