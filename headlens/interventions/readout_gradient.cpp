#include "headlens/interventions/readout_gradient.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/kernels/activation.h"
#include "headlens/kernels/norm.h"
#include "headlens/kernels/softmax.h"
#include "headlens/models/block/normalize.h"
#include "headlens/models/output_head.h"

namespace headlens {
namespace {

/// Turns logits into probabilities.
void to_probabilities(float* logits, std::int64_t n) {
  const LogSumExp total = log_sum_exp(logits, n);
  const double log_total = total.maximum + std::log(total.sum);
  for (std::int64_t i = 0; i < n; ++i) {
    logits[i] = static_cast<float>(std::exp(logits[i] - log_total));
  }
}

/// Of the Jensen-Shannon divergence to the base run: p (r - sum p r), r = log(p / m) / 2, where m
/// is the mean of both distributions.
void jensen_shannon_gradient(const float* base, float* p, std::int64_t n) {
  double mean = 0;
  std::vector<double> ratio(n);
  for (std::int64_t i = 0; i < n; ++i) {
    const double here = p[i], middle = (here + std::exp(static_cast<double>(base[i]))) / 2;
    ratio[i] = here > 0 ? 0.5 * std::log(here / middle) : 0;
    mean += here * ratio[i];
  }
  for (std::int64_t i = 0; i < n; ++i) p[i] *= static_cast<float>(ratio[i] - mean);
}

}  // namespace

ReadoutGradient::ReadoutGradient(const Model& model, const ModelTransposes& transposes,
                                 Metric metric)
    : model_(model), transposes_(transposes), readout_(model, metric) {
  if (metric == Metric::rank || metric == Metric::accuracy) {
    throw UsageError(std::string(to_string(metric)) +
                     " has no gradient; use logit, log-probability or logit-difference");
  }
}

ReadoutGradient::Value ReadoutGradient::differentiate(const Question& question, std::int64_t length,
                                                      const float* states) const {
  const std::int64_t n = model_.spec().d_model;
  std::vector<float> read;
  for (const std::int64_t position : question.positions) {
    read.insert(read.end(), states + position * n, states + (position + 1) * n);
  }
  const auto rows = static_cast<std::int64_t>(question.positions.size());
  Value value;
  std::vector<float> changed = read;
  const Question* const questions[] = {&question};
  readout_.read(questions, changed, {&value.metric, 1});
  std::vector<float> gradient = through_unembedding(question, value.metric, changed.data());
  through_transform(rows, read.data(), gradient);
  value.d_states = Tensor::zeros({length, n});
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy_n(gradient.data() + row * n, n, value.d_states.data() + question.positions[row] * n);
  }
  return value;
}

std::vector<float> ReadoutGradient::logit_gradients(const Question& question, double metric,
                                                    const float* states) const {
  const std::int64_t n = model_.spec().vocab_size;
  const auto rows = static_cast<std::int64_t>(question.positions.size());
  std::vector<float> logits(rows * n);
  model_.head().unembedding.multiply(states, rows, logits.data(), false);
  for (std::int64_t row = 0; row < rows; ++row) {
    float* g = logits.data() + row * n;
    to_probabilities(g, n);
    const float* base = question.base_at(row);
    switch (readout_.metric()) {
      case Metric::kl:
        for (std::int64_t i = 0; i < n; ++i) g[i] -= std::exp(base[i]);
        scale_row(g, 1.0f / static_cast<float>(rows), n);
        break;
      case Metric::js:
        jensen_shannon_gradient(base, g, n);
        scale_row(g, 1.0f / static_cast<float>(rows), n);
        break;
      default: {
        // log p(answer) has the gradient 1[answer] - p.
        const double factor = readout_.metric() == Metric::probability ? metric
                              : readout_.metric() == Metric::loss ? -1.0 / static_cast<double>(rows)
                                                                  : 1.0;
        g[question.answer[row]] -= 1;
        scale_row(g, static_cast<float>(-factor), n);
      }
    }
  }
  return logits;
}

std::vector<float> ReadoutGradient::through_unembedding(const Question& question, double metric,
                                                        const float* states) const {
  const std::int64_t n = model_.spec().d_model;
  const auto rows = static_cast<std::int64_t>(question.positions.size());
  std::vector<float> gradient(rows * n);
  const PackedLinear& unembedding = model_.head().unembedding;
  if (readout_.metric() == Metric::logit || readout_.metric() == Metric::logit_difference) {
    unembedding.read_row(question.answer.front(), gradient.data());
    if (readout_.metric() == Metric::logit) return gradient;
    std::vector<float> foil(n);
    unembedding.read_row(question.foil.front(), foil.data());
    for (std::int64_t i = 0; i < n; ++i) gradient[i] -= foil[i];
    return gradient;
  }
  const std::vector<float> d_logits = logit_gradients(question, metric, states);
  transposes_.unembedding.multiply(d_logits.data(), rows, gradient.data(), false);
  return gradient;
}

void ReadoutGradient::through_transform(std::int64_t rows, const float* states,
                                        std::vector<float>& gradient) const {
  const ModelSpec& spec = model_.spec();
  if (!spec.prediction_transform) return;
  const std::int64_t n = spec.d_model;
  const HeadWeights& head = model_.head();
  std::vector<float> dense(rows * n), active(n), quotient(n), g(n), d_dense(rows * n);
  head.prediction_dense.multiply(states, rows, dense.data(), false);
  const auto vjp = spec.block().norm == NormKind::rms_norm ? rms_norm_row_vjp : layer_norm_row_vjp;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* x = dense.data() + row * n;
    activate(*spec.prediction_transform, x, n, active.data());
    const float scale = divide_by_scale(spec.block(), n, active.data(), quotient.data());
    for (std::int64_t i = 0; i < n; ++i) {
      g[i] = gradient[row * n + i] * head.prediction_norm.weight.data()[i];
    }
    std::ranges::fill(active, 0.0f);
    vjp(quotient.data(), scale, g.data(), n, active.data());
    activate_vjp(*spec.prediction_transform, x, n, active.data(), d_dense.data() + row * n);
  }
  transposes_.prediction_dense.multiply(d_dense.data(), rows, gradient.data(), false);
}

}  // namespace headlens
