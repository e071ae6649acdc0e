#include "headlens/probing/trained_probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/learn/ridge_regression.h"
#include "headlens/learn/standardizer.h"
#include "headlens/probing/logistic_choice.h"

namespace headlens {
namespace {

using States = TensorView<const float, 2>;

Tensor tensor_of(std::span<const double> values, Shape shape) {
  Tensor tensor(std::move(shape));
  std::ranges::transform(values, tensor.data(),
                         [](double value) { return static_cast<float>(value); });
  return tensor;
}

/// y = W x + b of one row, in double.
void affine(const float* x, const Tensor& weight, const Tensor& bias, double* y) {
  for (std::int64_t i = 0; i < weight.size(0); ++i) {
    const float* w = weight.data() + i * weight.size(1);
    double sum = bias.data()[i];
    for (std::int64_t j = 0; j < weight.size(1); ++j) sum += static_cast<double>(w[j]) * x[j];
    y[i] = sum;
  }
}

/// W and b of a layer that reads (x - mean) / deviation become those of one that reads x.
void fold_in(const Standardizer& standardizer, Tensor& weight, Tensor& bias) {
  for (std::int64_t i = 0; i < weight.size(0); ++i) {
    float* w = weight.data() + i * weight.size(1);
    double shift = bias.data()[i];
    for (std::int64_t j = 0; j < weight.size(1); ++j) {
      const double own = w[j] / standardizer.deviation[j];
      w[j] = static_cast<float>(own);
      shift -= own * standardizer.mean[j];
    }
    bias.data()[i] = static_cast<float>(shift);
  }
}

std::vector<std::string> names_of(std::span<const std::int32_t> labels,
                                  const std::vector<std::string>& classes) {
  std::vector<std::string> names;
  for (const std::int32_t label : labels) names.push_back(classes[label]);
  return names;
}

TrainedProbe train_logistic(const ProbeRun& run, const ProbeTarget& target, const ProbeRound& round,
                            States states) {
  const LinearClassifier own = fit_with_chosen_c(states, target, round, run.learner).fit.classifier;
  const std::int64_t n = std::ssize(own.classes), width = own.n_columns;
  TrainedProbe probe{.classes = names_of(own.classes, run.result.classes)};
  probe.weight = Tensor::zeros({n, width});
  probe.bias = Tensor::zeros({n});
  // Two classes have one row of weights, which speaks for the second.
  const std::int64_t skipped = n - own.n_scores();
  std::ranges::copy(tensor_of(own.weights, {own.n_scores(), width}).values(),
                    probe.weight.data() + skipped * width);
  std::ranges::copy(tensor_of(own.intercepts, {own.n_scores()}).values(),
                    probe.bias.data() + skipped);
  return probe;
}

Tensor take(std::span<const float>& parameters, Shape shape) {
  Tensor tensor(std::move(shape));
  const auto count = static_cast<std::size_t>(tensor.element_count());
  std::ranges::copy(parameters.first(count), tensor.data());
  parameters = parameters.subspan(count);
  return tensor;
}

/// Two linear layers as one: W (V x + a) + b.
void merge_layers(TrainedProbe& probe) {
  const std::int64_t n = probe.weight.size(0), width = probe.hidden_weight.size(1);
  Tensor merged({n, width});
  for (std::int64_t i = 0; i < n; ++i) {
    const float* own = probe.weight.data() + i * probe.weight.size(1);
    std::vector<double> row(width);
    double shift = probe.bias.data()[i];
    for (std::int64_t h = 0; h < probe.weight.size(1); ++h) {
      const float* inner = probe.hidden_weight.data() + h * width;
      for (std::int64_t j = 0; j < width; ++j) row[j] += static_cast<double>(own[h]) * inner[j];
      shift += static_cast<double>(own[h]) * probe.hidden_bias.data()[h];
    }
    std::ranges::copy(tensor_of(row, {width}).values(), merged.data() + i * width);
    probe.bias.data()[i] = static_cast<float>(shift);
  }
  probe.weight = std::move(merged);
  probe.hidden_weight = {};
  probe.hidden_bias = {};
}

TrainedProbe train_by_adam(const ProbeRun& run, const ProbeTarget& target, const ProbeRound& round,
                           States states) {
  Tensor train = gather_rows(states, round.train);
  Tensor validation = gather_rows(states, round.validation);
  Standardizer standardizer;
  if (run.learner.standardize) {
    standardizer = Standardizer::fit(std::as_const(train).view<2>());
    train = standardizer.transform(std::as_const(train).view<2>());
    if (validation.size(0) > 0) {
      validation = standardizer.transform(std::as_const(validation).view<2>());
    }
  }
  AdamProbeOptions adam = adam_options(run.learner);
  adam.seed = target.seed;
  const std::vector<std::int32_t> truth = labels_at(target, round.validation);
  if (run.learner.patience > 0) {
    adam.early_stopping = {.states = std::as_const(validation).view<2>(),
                           .labels = truth,
                           .patience = run.learner.patience};
  }
  const AdamProbe own =
      train_adam_probe(std::as_const(train).view<2>(), labels_at(target, round.train), adam).probe;
  TrainedProbe probe{.classes = names_of(own.classes(), run.result.classes)};
  std::span<const float> parameters = own.parameters();
  const std::int64_t width = states.size(1), n = std::ssize(own.classes());
  if (own.hidden() > 0) {
    probe.hidden_weight = take(parameters, {own.hidden(), width});
    probe.hidden_bias = take(parameters, {own.hidden()});
  }
  probe.weight = take(parameters, {n, own.hidden() > 0 ? own.hidden() : width});
  probe.bias = take(parameters, {n});
  if (run.learner.standardize) {
    const bool deep = own.hidden() > 0;
    fold_in(standardizer, deep ? probe.hidden_weight : probe.weight,
            deep ? probe.hidden_bias : probe.bias);
  }
  if (own.hidden() > 0 && !own.rectified()) merge_layers(probe);
  return probe;
}

TrainedProbe train_ridge(const ProbeRun& run, const ProbeTarget& target, const ProbeRound& round,
                         States states) {
  const Tensor train = gather_rows(states, round.train);
  Tensor y({train.size(0), 1});
  for (std::int64_t i = 0; i < train.size(0); ++i) {
    y.data()[i] = static_cast<float>(target.values[round.train[i]]);
  }
  Standardizer standardizer;
  RidgeOptions options{.alpha = run.learner.alpha};
  if (run.learner.standardize) {
    standardizer = Standardizer::fit(train.view<2>());
    options.penalty_scales = standardizer.deviation;
  }
  const RidgeFit fit = fit_ridge(train.view<2>(), std::as_const(y).view<2>(), options);
  TrainedProbe probe;
  probe.weight = tensor_of(fit.weights, {1, fit.n_columns});
  probe.bias = tensor_of(fit.intercepts, {1});
  return probe;
}

/// The training rows of a file split; of folds every row.
ProbeRound training_round(const ProbeRun& run) {
  if (run.rounds.size() == 1) return run.rounds[0];
  ProbeRound round;
  round.train.resize(run.data.rows());
  std::iota(round.train.begin(), round.train.end(), 0);
  return round;
}

Tensor unit_vector(std::vector<double> direction) {
  double length = 0;
  for (const double part : direction) length += part * part;
  length = std::sqrt(length);
  if (!(length > 0)) throw UsageError("the probe has no direction: its weights are zero");
  for (double& part : direction) part /= length;
  return tensor_of(direction, {std::ssize(direction)});
}

std::int64_t class_index(const TrainedProbe& probe, const std::string& name) {
  const auto found = std::ranges::find(probe.classes, name);
  if (found == probe.classes.end()) throw UsageError("the probe has no class " + printable(name));
  return found - probe.classes.begin();
}

}  // namespace

std::vector<double> TrainedProbe::scores(States states) const {
  if (states.size(1) != width()) {
    throw ShapeError("probe", std::to_string(width()) + " columns", std::to_string(states.size(1)));
  }
  std::vector<double> scores(states.size(0) * outputs());
  std::vector<double> hidden(is_linear() ? 0 : hidden_weight.size(0));
  std::vector<float> rectified(hidden.size());
  for (std::int64_t row = 0; row < states.size(0); ++row) {
    const float* x = states.data() + row * states.stride(0);
    if (!is_linear()) {
      affine(x, hidden_weight, hidden_bias, hidden.data());
      std::ranges::transform(hidden, rectified.begin(), [](double value) {
        return value > 0 ? static_cast<float>(value) : 0.0F;
      });
      x = rectified.data();
    }
    affine(x, weight, bias, scores.data() + row * outputs());
  }
  return scores;
}

std::vector<double> TrainedProbe::probabilities(States states) const {
  std::vector<double> all = scores(states);
  for (auto row = all.begin(); row != all.end(); row += outputs()) {
    const std::span own(row, static_cast<std::size_t>(outputs()));
    const double largest = std::ranges::max(own);
    double sum = 0;
    for (double& score : own) sum += score = std::exp(score - largest);
    for (double& score : own) score /= sum;
  }
  return all;
}

Tensor TrainedProbe::direction(const std::string& class_name) const {
  if (!is_linear()) throw UsageError("only linear probes have directions");
  const std::int64_t own = classes.empty() ? 0 : class_index(*this, class_name);
  std::vector<double> direction(width());
  for (std::int64_t j = 0; j < width(); ++j) {
    direction[j] = weight.data()[own * width() + j];
    if (classes.empty()) continue;
    double mean = 0;
    for (std::int64_t c = 0; c < outputs(); ++c) mean += weight.data()[c * width() + j];
    direction[j] -= mean / static_cast<double>(outputs());
  }
  return unit_vector(std::move(direction));
}

Tensor TrainedProbe::direction(const std::string& toward, const std::string& away) const {
  if (!is_linear()) throw UsageError("only linear probes have directions");
  const std::int64_t to = class_index(*this, toward), from = class_index(*this, away);
  std::vector<double> direction(width());
  for (std::int64_t j = 0; j < width(); ++j) {
    direction[j] =
        static_cast<double>(weight.data()[to * width() + j]) - weight.data()[from * width() + j];
  }
  return unit_vector(std::move(direction));
}

SavedProbe train_saved_probe(const ProbeRun& run, std::size_t layer, std::uint64_t seed) {
  if (run.learner.kind == ProbeKind::knn) {
    throw UsageError("a probe of nearest neighbours has no weights to save");
  }
  const HarvestWork& work = run.data.manifest().work;
  const ProbeLayer& told = run.result.layers.at(layer);
  SavedProbe saved;
  saved.origin = {.task = run.result.task,
                  .column = run.result.column,
                  .site = told.site,
                  .hidden_state = told.hidden_state,
                  .unit = run.result.unit,
                  .pooling = run.result.pooling,
                  .special_tokens = work.special_tokens == SpecialTokens::add,
                  .standardized = run.learner.standardize,
                  .model_name = work.model_name,
                  .model_sha256 = work.model_sha256,
                  .precision = work.precision,
                  .score = told.score.mean,
                  .metric = run.result.method.metric};
  const ProbeRound round = training_round(run);
  saved.origin.training_rows = std::ssize(round.train);
  const Tensor states = run.data.states(*parse_site(told.site));
  ProbeTarget target{.labels = run.data.labels(), .values = run.data.values(), .seed = seed};
  switch (run.learner.kind) {
    case ProbeKind::logistic:
      saved.probe = train_logistic(run, target, round, states.view<2>());
      break;
    case ProbeKind::ridge:
      saved.probe = train_ridge(run, target, round, states.view<2>());
      break;
    default:
      saved.probe = train_by_adam(run, target, round, states.view<2>());
  }
  saved.probe.kind = to_string(run.learner.kind);
  return saved;
}

}  // namespace headlens
