#include "headlens/probing/amnesic_eraser.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/inlp.h"
#include "headlens/learn/leace.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/learn/random_eraser.h"
#include "headlens/learn/standardizer.h"
#include "headlens/statistics/bootstrap.h"

namespace headlens {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const LinearEraser> shared(LinearEraser eraser) {
  return std::make_shared<const LinearEraser>(std::move(eraser));
}

void find_erasers(const LabelledStates& train, const LabelledStates& test,
                  const LayerEraserOptions& options, LayerErasers& made) {
  if (options.method == ErasureMethod::leace) {
    const Tensor z = one_hot(train.labels);
    const Leace leace(train.x, z.view<2>());
    made.concept_eraser = shared(leace.eraser());
    for (int i = 0; i < options.random_erasers; ++i) {
      made.random.push_back(shared(leace.random(leace.eraser().rank, options.seed + i)));
    }
    return;
  }
  const InlpFit fit =
      fit_inlp(train.x, train.labels,
               {.max_rounds = options.inlp_rounds, .check = {.x = test.x, .labels = test.labels}});
  made.inlp_converged = fit.converged;
  made.concept_eraser = shared(fit.eraser);
  for (int i = 0; i < options.random_erasers; ++i) {
    made.random.push_back(
        shared(random_orthogonal_eraser(fit.eraser.mean, fit.eraser.rank, options.seed + i)));
  }
}

double probe_accuracy(TensorView<const float, 2> train, std::span<const std::int32_t> labels,
                      TensorView<const float, 2> test, std::span<const std::int32_t> test_labels) {
  const Standardizer columns = Standardizer::fit(train);
  const LogisticFit fit =
      fit_logistic(train, {.labels = labels, .penalty_scales = columns.deviation});
  return accuracy(test_labels, fit.classifier.predict(test));
}

double median_change(TensorView<const float, 2> before, const Tensor& after) {
  const std::int64_t n = before.size(0), width = before.size(1);
  std::vector<double> changes(n);
  for (std::int64_t i = 0; i < n; ++i) {
    double moved = 0, size = 0;
    for (std::int64_t j = 0; j < width; ++j) {
      moved += std::pow(static_cast<double>(after.data()[i * width + j]) - before(i, j), 2);
      size += std::pow(static_cast<double>(before(i, j)), 2);
    }
    changes[i] = std::sqrt(moved / std::max(size, std::numeric_limits<double>::min()));
  }
  std::ranges::sort(changes);
  return quantile_of_sorted(changes, 0.5);
}

/// left right^T (mean of the class - mean), by class.
std::vector<std::vector<float>> parts_of_classes(const LabelledStates& train,
                                                 const LinearEraser& eraser,
                                                 std::int32_t n_classes) {
  const std::int64_t width = eraser.width();
  std::vector<std::vector<double>> means(n_classes, std::vector<double>(width));
  std::vector<double> counts(n_classes);
  for (std::size_t i = 0; i < train.labels.size(); ++i) {
    std::vector<double>& mean = means[train.labels[i]];
    for (std::int64_t j = 0; j < width; ++j) mean[j] += train.x(static_cast<std::int64_t>(i), j);
    ++counts[train.labels[i]];
  }
  std::vector<std::vector<float>> parts(n_classes);
  for (std::int32_t c = 0; c < n_classes; ++c) {
    if (counts[c] == 0) continue;
    std::vector<double> part(width);
    for (std::int64_t r = 0; r < eraser.rank; ++r) {
      double amount = 0;
      for (std::int64_t j = 0; j < width; ++j) {
        amount += eraser.right[r * width + j] * (means[c][j] / counts[c] - eraser.mean[j]);
      }
      for (std::int64_t j = 0; j < width; ++j) part[j] += amount * eraser.left[r * width + j];
    }
    parts[c].assign(part.begin(), part.end());
  }
  return parts;
}

}  // namespace

std::string to_string(ErasureMethod method) {
  return method == ErasureMethod::leace ? "leace" : "inlp";
}

std::optional<ErasureMethod> parse_erasure_method(std::string_view name) {
  if (name == "leace") return ErasureMethod::leace;
  if (name == "inlp") return ErasureMethod::inlp;
  return std::nullopt;
}

LayerErasers fit_layer_erasers(const LabelledStates& train, const LabelledStates& test,
                               const LayerEraserOptions& options) {
  LayerErasers made;
  made.probe_before = probe_accuracy(train.x, train.labels, test.x, test.labels);
  find_erasers(train, test, options, made);
  made.class_parts = parts_of_classes(train, *made.concept_eraser, options.n_classes);
  const auto judge = [&](const LinearEraser& eraser, double& probe, double& change) {
    const Tensor erased = eraser.apply(test.x);
    const Tensor erased_train = eraser.apply(train.x);
    probe = probe_accuracy(erased_train.view<2>(), train.labels, erased.view<2>(), test.labels);
    change = median_change(test.x, erased);
  };
  judge(*made.concept_eraser, made.probe_after, made.change);
  made.probe_random = made.random_change = kNone;
  if (!made.random.empty()) judge(*made.random.front(), made.probe_random, made.random_change);
  return made;
}

}  // namespace headlens
