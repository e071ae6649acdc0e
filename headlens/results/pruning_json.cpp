#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json curve_json(const PruningCurve& curve) {
  Json order = Json::array();
  for (const HeadPlace place : curve.order) order.push_back(to_string(place));
  return {{"order", order}, {"loss_nats", numbers(curve.loss_nats)}};
}

Json text_json(const PrunedText& pruned) {
  Json ids = Json::array();
  for (const TokenInfo& token : pruned.prompt.tokens) ids.push_back(token.id);
  return {{"line", pruned.line},
          {"text", text(pruned.prompt.text)},
          {"token_ids", ids},
          {"bos", text(pruned.prompt.bos)},
          {"predicted_tokens", pruned.predicted_tokens},
          {"base_loss_nats", number(pruned.base_loss_nats)}};
}

/// Which of the texts have a part, by their place in "texts".
Json indices_of(const std::vector<PrunedText>& texts, bool PrunedText::*part) {
  Json indices = Json::array();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].*part) indices.push_back(i);
  }
  return indices;
}

Json random_mean(const PruningResult& result) {
  Json mean = Json::array();
  if (result.random.empty()) return mean;
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    mean.push_back(number(random_loss(result, i).mean));
  }
  return mean;
}

}  // namespace

Json to_json(const PruningResult& result) {
  check_pruning(result);
  Json all_texts = Json::array();
  for (const PrunedText& pruned : result.texts) all_texts.push_back(text_json(pruned));
  Json random = Json::array();
  for (const PruningCurve& curve : result.random) random.push_back(curve_json(curve));
  return {{"schema", "headlens/pruning/1"},
          {"provenance", to_json(result.provenance)},
          {"texts_file", text(result.texts_file)},
          {"kind", result.kind},
          {"products", result.products},
          {"texts", all_texts},
          {"held_out", result.held_out},
          {"importance_texts", indices_of(result.texts, &PrunedText::for_importance)},
          {"curve_texts", indices_of(result.texts, &PrunedText::for_curve)},
          {"importance_base_nats", number(result.importance_base_nats)},
          {"axes", axes_json(result.importance.axes)},
          {"importance", nested(result.importance)},
          {"base_loss_nats", number(result.base_loss_nats)},
          {"counts", result.counts},
          {"least_first", curve_json(result.least_first)},
          {"most_first", curve_json(result.most_first)},
          {"random", random},
          {"random_mean_nats", random_mean(result)}};
}

}  // namespace headlens
