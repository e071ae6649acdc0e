#include "benchmarks/worker/learn_cases.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "benchmarks/worker/layer_probes_case.h"
#include "benchmarks/worker/structural_case.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/formats/npy.h"
#include "headlens/learn/logistic_regression.h"

namespace headlens::bench {
namespace {

struct Fitted {
  Tensor states;
  std::vector<std::int32_t> labels;
  LogisticOptions options;
  LogisticFit fit;
};

std::vector<SavedArray> arrays_of(const LinearClassifier& classifier) {
  const std::vector<float> weights(classifier.weights.begin(), classifier.weights.end());
  const std::vector<float> intercepts(classifier.intercepts.begin(), classifier.intercepts.end());
  return {{"weights", {classifier.n_scores(), classifier.n_columns}, weights},
          {"intercepts", {classifier.n_scores()}, intercepts}};
}

void use_threads(int threads) {
  if (threads < 1) return;
  ::setenv("HEADLENS_THREADS", std::to_string(threads).c_str(), 1);
  if (thread_count() != threads) throw UsageError("this process already has other threads");
}

PreparedCase setup(const Request& request) {
  return {[threads = request.integer("threads", 0)] { use_threads(threads); },
          [] { return nlohmann::json::object(); }, [] { return std::vector<SavedArray>(); }};
}

PreparedCase logistic_regression(const Request& request) {
  auto fitted = std::make_shared<Fitted>();
  fitted->states = read_npy(request.text("states", ""));
  const Tensor labels = read_npy(request.text("labels", ""));
  fitted->labels.assign(labels.values().begin(), labels.values().end());
  fitted->options.tolerance = std::stod(request.text("fit_tolerance", "1e-7"));
  return {[fitted] {
            fitted->fit = fit_logistic(std::as_const(fitted->states).view<2>(),
                                       {.labels = fitted->labels}, fitted->options);
          },
          [fitted]() -> nlohmann::json {
            return {{"loss", fitted->fit.loss},
                    {"iterations", fitted->fit.iterations},
                    {"converged", fitted->fit.converged}};
          },
          [fitted] { return arrays_of(fitted->fit.classifier); }};
}

}  // namespace

PreparedCase prepare_learn_case(const Request& request) {
  if (request.case_name() == "setup") return setup(request);
  if (request.case_name() == "logistic_regression") return logistic_regression(request);
  if (request.case_name() == "layer_probes") return layer_probes_case(request);
  if (request.case_name() == "structural_probe") return structural_probe_case(request);
  throw UsageError("unknown case \"" + request.case_name() +
                   "\"; there are layer_probes, logistic_regression, setup, structural_probe");
}

}  // namespace headlens::bench
