#include "headlens/reports/amnesic_picture.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

FigureText text_of(const AmnesicResult& result) {
  const Provenance& provenance = result.provenance;
  FigureText text{
      .title = fmt::format("{} with {} erased at one layer ({})",
                           result.predicts == "next token" ? "Loss" : "Masked-token loss",
                           one_line(result.column, 30), result.method),
      .subtitle = one_line(provenance.model_name, 60),
      .notes = {fmt::format("Fitted on {} training rows, measured on {} predicted tokens of {} "
                            "held-out sentences.",
                            result.train_words, result.predicted_tokens, result.sentences)},
      .origin = {}};
  if (!result.layers.empty() && result.layers.front().random.size() > 1) {
    text.notes.push_back("The band goes from the lowest to the highest of the random erasers.");
  }
  text.origin = {fmt::format("{} · {} · {} · headlens {}", one_line(provenance.model_name, 60),
                             provenance.precision, file_name_line(result.data, 60),
                             provenance.headlens_version)};
  return text;
}

}  // namespace

std::string loss_name(const AmnesicResult& result) {
  return result.predicts == "next token" ? "next-token loss" : "masked-token loss";
}

CurvePicture picture_of(const AmnesicResult& result) {
  CurveSeries erased{
      .name = fmt::format("{} erased", one_line(result.column, 20)), .x = {}, .y = {}};
  CurveSeries random{.name = "random directions", .x = {}, .y = {}};
  CurveSeries restored{.name = "labels given back", .x = {}, .y = {}};
  for (const AmnesicLayer& layer : result.layers) {
    for (CurveSeries* series : {&erased, &random, &restored}) series->x.push_back(layer.layer);
    erased.y.push_back(layer.erased.loss_nats);
    restored.y.push_back(layer.restored.loss_nats);
    random.y.push_back(mean_random(layer).loss_nats);
    if (layer.random.size() < 2) continue;
    const auto [low, high] = std::ranges::minmax(layer.random, {}, &AmnesicMeasure::loss_nats);
    random.low.push_back(low.loss_nats);
    random.high.push_back(high.loss_nats);
  }
  CurvePicture picture{
      .x_name = "Layer that the concept is erased at (0: embeddings)",
      .y_name = "Loss (nats per predicted token)",
      .series = {erased},
      .levels = {{fmt::format("unedited, {:.3f}", result.base.loss_nats), result.base.loss_nats}},
      .text = text_of(result)};
  if (!result.layers.empty() && !result.layers.front().random.empty()) {
    picture.series.push_back(random);
  }
  picture.series.push_back(restored);
  return picture;
}

}  // namespace headlens
