#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json scores_json(const HeadGapScores& scores) {
  return {{"accuracy", number(scores.accuracy)},
          {"macro_f1", number(scores.macro_f1)},
          {"precision", number(scores.precision)},
          {"recall", number(scores.recall)},
          {"f1", number(scores.f1)}};
}

Json counts_json(const HeadGapCounts& counts) {
  return {{"both", counts.both},
          {"only_head", counts.only_head},
          {"only_probe", counts.only_probe},
          {"neither", counts.neither},
          {"p", number(counts.p)}};
}

}  // namespace

Json to_json(const HeadGapResult& result) {
  Json layers = Json::array(), folds = Json::array(), found = Json::array();
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    layers.push_back({{"layer", result.layers[i]}, {"scores", scores_json(result.by_layer.at(i))}});
  }
  for (const HeadGapFold& fold : result.folds) {
    folds.push_back({{"test_rows", fold.test_rows},
                     {"probe_layer", fold.probe_layer},
                     {"probe_c", fold.probe_c},
                     {"head_c", fold.head_c},
                     {"inner_f1", fold.inner_f1}});
  }
  for (const HeadGapExample& example : result.found) {
    found.push_back({{"row", example.row},
                     {"text", text(example.text)},
                     {"probe_layer", example.probe_layer},
                     {"head_probability", number(example.head_probability)},
                     {"probe_probability", number(example.probe_probability)}});
  }
  return {{"schema", "headlens/head_gap/1"},
          {"provenance", to_json(result.provenance)},
          {"task", text(result.task)},
          {"column", text(result.column)},
          {"data", text(result.data)},
          {"pooling", result.pooling},
          {"positive", text(result.positive)},
          {"rows", result.rows},
          {"positives", result.positives},
          {"head_layer", result.head_layer},
          {"c_grid", result.c_grid},
          {"head", scores_json(result.head)},
          {"probe", scores_json(result.probe)},
          {"layers", layers},
          {"folds", folds},
          {"f1_difference",
           {{"mean", number(result.f1_difference)},
            {"low", number(result.f1_low)},
            {"high", number(result.f1_high)},
            {"confidence", result.confidence},
            {"p", number(result.f1_p)}}},
          {"all", counts_json(result.all)},
          {"of_positive", counts_json(result.of_positive)},
          {"found", found},
          {"conclusion", texts(head_gap_conclusion(result))}};
}

}  // namespace headlens
