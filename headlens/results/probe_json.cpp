#include <limits>

#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json optional_number(const std::optional<double>& value) {
  return number(value.value_or(std::numeric_limits<double>::quiet_NaN()));
}

Json score_json(const ProbeScore& score) {
  return {{"mean", number(score.mean)},
          {"std", number(score.standard_deviation)},
          {"rounds", numbers(score.rounds)},
          {"low", number(score.low)},
          {"high", number(score.high)}};
}

Json layer_json(const ProbeLayer& layer, const std::string& metric) {
  return {{"layer", layer.hidden_state ? Json(*layer.hidden_state) : Json()},
          {"site", text(layer.site)},
          {metric, score_json(layer.score)},
          {"macro_f1", optional_number(layer.macro_f1)},
          {"pearson", optional_number(layer.pearson)},
          {"spearman", optional_number(layer.spearman)},
          {"control", layer.control ? score_json(*layer.control) : Json()},
          {"selectivity", layer.control ? number(layer.selectivity) : Json()},
          {"selectivity_low", layer.control ? number(layer.selectivity_low) : Json()},
          {"selectivity_high", layer.control ? number(layer.selectivity_high) : Json()},
          {"meaningful", layer.control ? Json(layer.meaningful) : Json()},
          {"p_best", number(layer.p_best)},
          {"p_best_holm", number(layer.p_best_holm)},
          {"p_majority_holm", number(layer.p_majority_holm)},
          {"converged", layer.converged},
          {"iterations", layer.iterations},
          {"c", numbers(layer.c)},
          {"fit_seconds", number(layer.fit_seconds)}};
}

Json baseline_json(const ProbeBaseline& baseline, const std::string& metric) {
  return {{"name", baseline.name},
          {"about", text(baseline.about)},
          {metric, score_json(baseline.score)},
          {"p", number(baseline.p)},
          {"p_holm", number(baseline.p_holm)}};
}

Json method_json(const ProbeMethod& method) {
  Json json = {{"kind", method.kind},
               {"metric", method.metric},
               {"standardized", method.standardized},
               {"class_weights", method.class_weights}};
  if (method.kind == "logistic") {
    json["c"] = method.c_grid.empty() ? number(method.c) : Json();
    json["c_grid"] = numbers(method.c_grid);
  } else if (method.kind == "ridge") {
    json["alpha"] = number(method.alpha);
  } else if (method.kind == "knn") {
    json["neighbors"] = method.neighbors;
  } else {
    json.update({{"hidden", method.hidden},
                 {"dropout", number(method.dropout)},
                 {"learning_rate", number(method.learning_rate)},
                 {"batch_size", method.batch_size},
                 {"epochs", method.epochs},
                 {"patience", method.patience}});
  }
  return json;
}

Json evaluation_json(const ProbeEvaluation& evaluation) {
  return {{"kind", evaluation.kind},
          {"folds", evaluation.folds},
          {"group", evaluation.group},
          {"train_rows", evaluation.train_rows},
          {"validation_rows", evaluation.validation_rows},
          {"test_rows", evaluation.test_rows},
          {"test_group", evaluation.test_group},
          {"test_groups", evaluation.test_groups},
          {"seeds", evaluation.seeds}};
}

Json best_json(const ProbeResult& result) {
  Json classes = Json::array(), confusion = Json::array();
  const std::size_t n = result.classes.size();
  for (const ProbeClass& one : result.best_classes) {
    classes.push_back({{"name", text(one.name)},
                       {"precision", number(one.precision)},
                       {"recall", number(one.recall)},
                       {"f1", number(one.f1)},
                       {"support", one.support}});
  }
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = result.confusion.begin() + static_cast<std::ptrdiff_t>(i * n);
    confusion.push_back(std::vector(row, row + static_cast<std::ptrdiff_t>(n)));
  }
  Json like = Json::array();
  for (const std::size_t i : layers_like_best(result)) like.push_back(i);
  return {
      {"index", result.best}, {"like_best", like}, {"classes", classes}, {"confusion", confusion}};
}

}  // namespace

Json to_json(const ProbeResult& result) {
  check_probe(result);
  const std::string& metric = result.method.metric;
  Json layers = Json::array(), baselines = Json::array(), random = Json::array();
  for (const ProbeLayer& layer : result.layers) layers.push_back(layer_json(layer, metric));
  for (const ProbeBaseline& one : result.baselines) baselines.push_back(baseline_json(one, metric));
  for (const ProbeScore& score : result.random_layers) random.push_back(score_json(score));
  return {{"schema", "headlens/probe/1"},
          {"provenance", to_json(result.provenance)},
          {"task", text(result.task)},
          {"column", text(result.column)},
          {"data", texts(result.data)},
          {"unit", result.unit},
          {"pooling", result.pooling},
          {"rows", result.rows},
          {"sentences", result.sentences},
          {"word_types", result.word_types},
          {"unlabelled_rows", result.unlabelled_rows},
          {"dropped_rows", result.dropped_rows},
          {"dropped_classes", texts(result.dropped_classes)},
          {"classes", texts(result.classes)},
          {"method", method_json(result.method)},
          {"evaluation", evaluation_json(result.evaluation)},
          {"confidence", result.confidence},
          {"resamples", result.resamples},
          {"flips", result.flips},
          {"layers", layers},
          {"baselines", baselines},
          {"random_layers", random},
          {"best", best_json(result)},
          {"conclusion", texts(probe_conclusion(result))},
          {"warnings", texts(probe_warnings(result))}};
}

}  // namespace headlens
