#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json measure_json(const AmnesicMeasure& measure) {
  return {{"loss_nats", number(measure.loss_nats)},
          {"accuracy", number(measure.accuracy)},
          {"kl_nats", number(measure.kl_nats)}};
}

Json difference_json(const AmnesicDifference& difference) {
  return {{"mean_nats", number(difference.mean_nats)},
          {"low_nats", number(difference.low_nats)},
          {"high_nats", number(difference.high_nats)},
          {"p", number(difference.p)},
          {"p_holm", number(difference.p_holm)}};
}

Json layer_json(const AmnesicLayer& layer) {
  Json random = Json::array();
  for (const AmnesicMeasure& one : layer.random) random.push_back(measure_json(one));
  return {{"layer", layer.layer},
          {"site", layer.site},
          {"rank", layer.rank},
          {"inlp_converged", layer.inlp_converged},
          {"probe_before", number(layer.probe_before)},
          {"probe_after", number(layer.probe_after)},
          {"probe_random", number(layer.probe_random)},
          {"change", number(layer.change)},
          {"random_change", number(layer.random_change)},
          {"erased", measure_json(layer.erased)},
          {"random", random},
          {"random_mean", measure_json(mean_random(layer))},
          {"restored", measure_json(layer.restored)},
          {"over_base", difference_json(layer.over_base)},
          {"over_random", difference_json(layer.over_random)},
          {"over_restored", difference_json(layer.over_restored)}};
}

}  // namespace

Json to_json(const AmnesicResult& result) {
  Json layers = Json::array();
  for (const AmnesicLayer& layer : result.layers) layers.push_back(layer_json(layer));
  return {{"schema", "headlens/amnesic/1"},
          {"provenance", to_json(result.provenance)},
          {"task", text(result.task)},
          {"column", text(result.column)},
          {"data", text(result.data)},
          {"test_data", text(result.test_data)},
          {"method", result.method},
          {"places", result.places},
          {"predicts", result.predicts},
          {"pooling", result.pooling},
          {"classes", texts(result.classes)},
          {"majority", number(result.majority)},
          {"train_words", result.train_words},
          {"test_words", result.test_words},
          {"sentences", result.sentences},
          {"predicted_tokens", result.predicted_tokens},
          {"confidence", result.confidence},
          {"resamples", result.resamples},
          {"base", measure_json(result.base)},
          {"layers", layers},
          {"conclusion", texts(amnesic_conclusion(result))}};
}

}  // namespace headlens
