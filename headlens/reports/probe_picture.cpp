#include "headlens/reports/probe_picture.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/reports/number_text.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

void add_point(CurveSeries& series, double x, const ProbeScore& score) {
  series.x.push_back(x);
  series.y.push_back(score.mean);
  series.low.push_back(score.low);
  series.high.push_back(score.high);
}

bool has_layers(const ProbeResult& result) {
  return std::ranges::all_of(
      result.layers, [](const ProbeLayer& layer) { return layer.hidden_state.has_value(); });
}

std::string split_note(const ProbeResult& result) {
  const ProbeEvaluation& evaluation = result.evaluation;
  if (evaluation.kind == "folds") {
    return fmt::format("{} rows in {} folds{}.", result.rows, evaluation.folds,
                       evaluation.group == "row" ? "" : " grouped by " + evaluation.group);
  }
  return fmt::format("Trained on {} rows, tested on {} others.", evaluation.train_rows,
                     evaluation.test_rows);
}

FigureText text_of(const ProbeResult& result) {
  FigureText text{.title = fmt::format("{} in the states of {}", result.column,
                                       one_line(result.provenance.model_name, 40)),
                  .subtitle = fmt::format("{} probe{}", result.method.kind,
                                          result.method.standardized ? ", standardised" : ""),
                  .notes = {split_note(result)},
                  .origin = {probe_origin(result)}};
  text.notes.push_back(
      fmt::format("Bands: {:.0f}% bootstrap over {}.", 100 * result.confidence,
                  count_text(result.evaluation.test_groups, result.evaluation.test_group)));
  return text;
}

}  // namespace

std::string probe_origin(const ProbeResult& result) {
  std::string data;
  for (const std::string& file : result.data) {
    data += (data.empty() ? "" : ", ") + file_name_line(file, 40);
  }
  return fmt::format("{} · {} · {} · headlens {}", one_line(result.provenance.model_name, 60),
                     result.provenance.precision, data, result.provenance.headlens_version);
}

CurvePicture picture_of(const ProbeResult& result) {
  check_probe(result);
  const bool real = result.classes.empty(), numbered = has_layers(result);
  CurveSeries score{real ? "R2" : "accuracy", {}, {}}, control{"control task", {}, {}},
      selectivity{"selectivity", {}, {}}, random{"random weights", {}, {}};
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const ProbeLayer& layer = result.layers[i];
    const double x = numbered ? *layer.hidden_state : static_cast<double>(i);
    add_point(score, x, layer.score);
    if (!result.random_layers.empty()) add_point(random, x, result.random_layers[i]);
    if (!layer.control) continue;
    add_point(control, x, *layer.control);
    add_point(selectivity, x,
              {.mean = layer.selectivity,
               .rounds = {},
               .low = layer.selectivity_low,
               .high = layer.selectivity_high});
  }
  CurvePicture picture{.x_name = numbered ? "Hidden state (0: embeddings)" : "Site",
                       .y_name = real ? "R2 on examples not trained on" : "Share of test examples",
                       .series = {score},
                       .text = text_of(result)};
  for (CurveSeries* series : {&control, &selectivity, &random}) {
    if (!series->x.empty()) picture.series.push_back(std::move(*series));
  }
  for (const ProbeBaseline& baseline : result.baselines) {
    if (baseline.name == "embeddings" || baseline.name == "random weights") continue;
    picture.levels.push_back(
        {fmt::format("{}, {:.3f}", baseline.name, baseline.score.mean), baseline.score.mean});
  }
  return picture;
}

}  // namespace headlens
