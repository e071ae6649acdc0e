#include "headlens/reports/circuit_picture.h"

#include <fmt/format.h>

#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

void add(const CircuitPoint& point, CurveSeries& series) {
  series.x.push_back(point.parts);
  series.y.push_back(point.faithfulness);
  series.low.push_back(point.low);
  series.high.push_back(point.high);
}

FigureText text_of(const CircuitResult& result) {
  const Provenance& provenance = result.provenance;
  FigureText text{.title = fmt::format("What circuits of {} explain", result.kind),
                  .subtitle = one_line(provenance.model_name, 60),
                  .notes = {},
                  .origin = {}};
  text.notes = {
      fmt::format("0: the corrupt run, {} {:.3f}; 1: the clean run, {:.3f}. Bands are "
                  "{:.0f}% intervals over {} prompts.",
                  result.metric, result.corrupt_mean, result.clean_mean, 100 * result.confidence,
                  result.n_tested)};
  if (!result.curve.empty()) {
    text.notes.push_back(fmt::format("Ranked by {} on {} other prompts. CPR {:.3f}, CMD {:.3f}.",
                                     result.method, result.n_ranked, result.cpr, result.cmd));
  }
  text.origin = {fmt::format("{} · {} · {}, {} dropped · headlens {}",
                             one_line(provenance.model_name, 60), provenance.precision,
                             one_line(result.prompts_file, 60), result.dropped.size(),
                             provenance.headlens_version)};
  return text;
}

}  // namespace

CurvePicture picture_of(const CircuitResult& result) {
  CurvePicture picture{.x_name = fmt::format("Kept {}, of {}", result.kind, result.n_parts),
                       .y_name = "Faithfulness",
                       .x_scaling = AxisScaling::logarithmic,
                       .series = {},
                       .levels = {{"whole model", 1}},
                       .text = text_of(result)};
  if (!result.curve.empty()) {
    CurveSeries& growing = picture.series.emplace_back();
    growing.name = "growing circuits";
    for (const CircuitPoint& point : result.curve) add(point, growing);
  }
  CurveSeries& chosen = picture.series.emplace_back();
  chosen.name = fmt::format("circuit of {} {}", result.circuit.parts, result.kind);
  add(result.circuit, chosen);
  return picture;
}

}  // namespace headlens
