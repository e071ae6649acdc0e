#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json score_json(const StructuralScore& score) {
  return {{"value", number(score.value)}, {"low", number(score.low)}, {"high", number(score.high)}};
}

Json optional_score(const std::optional<StructuralScore>& score) {
  return score ? score_json(*score) : Json();
}

/// @param tree  what StructuralFinding::tree is called
Json finding_json(const std::optional<StructuralFinding>& finding, std::string_view tree) {
  if (!finding) return {};
  return {{std::string(tree), score_json(finding->tree)},
          {"spearman", score_json(finding->spearman)},
          {"test_loss_edges", number(finding->test_loss)},
          {"p_best", number(finding->p_best)},
          {"p_best_holm", number(finding->p_best_holm)},
          {"best_epoch", finding->best_epoch},
          {"training_losses_edges", numbers(finding->training_losses)},
          {"validation_losses_edges", numbers(finding->validation_losses)}};
}

Json layer_json(const StructuralLayer& layer) {
  return {{"layer", layer.hidden_state},
          {"distance", finding_json(layer.distance, "uuas")},
          {"depth", finding_json(layer.depth, "root_accuracy")}};
}

Json baseline_json(const StructuralBaseline& baseline) {
  return {{"name", baseline.name},
          {"about", text(baseline.about)},
          {"uuas", optional_score(baseline.uuas)},
          {"distance_spearman", optional_score(baseline.distance_spearman)},
          {"root_accuracy", optional_score(baseline.root_accuracy)},
          {"depth_spearman", optional_score(baseline.depth_spearman)}};
}

Json edges_json(const std::vector<std::pair<std::int32_t, std::int32_t>>& edges) {
  Json array = Json::array();
  for (const auto& [a, b] : edges) array.push_back({a + 1, b + 1});
  return array;
}

Json layer_or_null(const std::optional<int>& layer) { return layer ? Json(*layer) : Json(); }

Json parse_json(const std::optional<ParsedSentence>& parse) {
  if (!parse) return {};
  Json punctuation = Json::array();
  for (std::size_t i = 0; i < parse->kept.size(); ++i) {
    if (parse->kept[i] == 0) punctuation.push_back(i + 1);
  }
  return {{"line", parse->line},
          {"words", texts(parse->words)},
          {"heads", parse->heads},
          {"punctuation", punctuation},
          {"distance_layer", layer_or_null(parse->distance_layer)},
          {"edges", edges_json(parse->edges)},
          {"predicted_edges", edges_json(parse->predicted_edges)},
          {"depth_layer", layer_or_null(parse->depth_layer)},
          {"depths", numbers(parse->depths)},
          {"predicted_depths", numbers(parse->predicted_depths)}};
}

Json best_json(const StructuralResult& result, StructuralTargetMember target) {
  const auto best = best_layer(result, target);
  return best ? Json(result.layers[*best].hidden_state) : Json();
}

}  // namespace

Json to_json(const StructuralResult& result) {
  check_structural(result);
  Json layers = Json::array(), baselines = Json::array();
  for (const StructuralLayer& layer : result.layers) layers.push_back(layer_json(layer));
  for (const StructuralBaseline& known : result.baselines)
    baselines.push_back(baseline_json(known));
  return {
      {"schema", "headlens/structural_probe/1"},
      {"provenance", to_json(result.provenance)},
      {"data", texts(result.data)},
      {"pooling", result.pooling},
      {"training", {{"sentences", result.training_sentences}, {"words", result.training_words}}},
      {"validation",
       {{"sentences", result.validation_sentences}, {"words", result.validation_words}}},
      {"test", {{"sentences", result.test_sentences}, {"words", result.test_words}}},
      {"skipped_sentences", result.skipped_sentences},
      {"rank", result.rank == 0 ? Json() : Json(result.rank)},
      {"standardized", result.standardized},
      {"epochs", result.epochs},
      {"batch_sentences", result.batch_sentences},
      {"learning_rate", number(result.learning_rate)},
      {"confidence", number(result.confidence)},
      {"resamples", result.resamples},
      {"flips", result.flips},
      {"best_distance_layer", best_json(result, &StructuralLayer::distance)},
      {"best_depth_layer", best_json(result, &StructuralLayer::depth)},
      {"layers", layers},
      {"baselines", baselines},
      {"parse", parse_json(result.parse)},
      {"conclusion", texts(structural_conclusion(result))}};
}

}  // namespace headlens
