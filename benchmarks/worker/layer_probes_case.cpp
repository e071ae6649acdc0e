#include "benchmarks/worker/layer_probes_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "headlens/formats/npy.h"
#include "headlens/learn/cross_validation.h"
#include "headlens/learn/standardizer.h"

namespace headlens::bench {
namespace {

struct LayerProbes {
  std::vector<Tensor> layers;
  std::vector<std::vector<std::int32_t>> labels;
  CrossValidationOptions options;
  int folds = 0;
  std::vector<float> losses, accuracies;  ///< [layer, labels, fold]
  std::int64_t fits = 0, iterations = 0;
  bool converged = true;
  double most_remaining = 0;

  void run() {
    *this = {std::move(layers), std::move(labels), options, folds, {}, {}};
    for (const Tensor& states : std::as_const(layers)) {
      folds > 0 ? cross_validate_layer(states.view<2>()) : fit_layer(states.view<2>());
    }
  }

  std::vector<LogisticProblem> problems() const {
    std::vector<LogisticProblem> all;
    for (const auto& own : labels) all.emplace_back().labels = own;
    return all;
  }

  void fit_layer(TensorView<const float, 2> states) {
    std::vector<LogisticProblem> all = problems();
    std::vector<double> deviations;
    if (options.standardize) deviations = Standardizer::fit(states).deviation;
    for (LogisticProblem& problem : all) problem.penalty_scales = deviations;
    for (const LogisticFit& fit : fit_logistic(states, all, options.fit)) add(fit);
  }

  void cross_validate_layer(TensorView<const float, 2> states) {
    const Folds parts = stratified_folds(labels.front(), folds);
    for (const CrossValidation& one : cross_validate(states, problems(), parts, options)) {
      for (const LogisticFit& fit : one.fits) add(fit);
      accuracies.insert(accuracies.end(), one.accuracies.begin(), one.accuracies.end());
    }
  }

  void add(const LogisticFit& fit) {
    losses.push_back(static_cast<float>(fit.loss));
    ++fits;
    iterations += fit.iterations;
    converged = converged && fit.converged;
    most_remaining = std::max(most_remaining, fit.remaining);
  }
};

std::vector<std::int32_t> labels_of(const std::filesystem::path& path) {
  const Tensor numbers = read_npy(path);
  return {numbers.values().begin(), numbers.values().end()};
}

}  // namespace

PreparedCase layer_probes_case(const Request& request) {
  auto probes = std::make_shared<LayerProbes>();
  const std::filesystem::path folder = request.text("folder", "");
  for (int layer = 0; layer < request.integer("layers", 0); ++layer) {
    probes->layers.push_back(read_npy(folder / fmt::format("layer-{:02}.npy", layer)));
  }
  for (const std::string& file : request.texts("labels")) {
    probes->labels.push_back(labels_of(file));
  }
  probes->folds = request.integer("folds", 0);
  probes->options.standardize = request.integer("standardize", 0) != 0;
  probes->options.fit.tolerance = std::stod(request.text("fit_tolerance", "1e-7"));
  return {[probes] { probes->run(); },
          [probes]() -> nlohmann::json {
            return {{"fits", probes->fits},
                    {"iterations", probes->iterations},
                    {"converged", probes->converged},
                    {"most_remaining", probes->most_remaining}};
          },
          [probes] {
            const auto n = static_cast<std::int64_t>(probes->layers.size());
            const auto each = static_cast<std::int64_t>(probes->losses.size()) / n;
            std::vector<SavedArray> arrays = {{"losses", {n, each}, probes->losses}};
            if (probes->folds > 0) arrays.push_back({"accuracies", {n, each}, probes->accuracies});
            return arrays;
          }};
}

}  // namespace headlens::bench
