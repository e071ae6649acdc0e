#include "headlens/reports/mdl_picture.h"

#include <fmt/format.h>

#include "headlens/base/errors.h"
#include "headlens/reports/number_text.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

FigureText text_of(const MdlResult& result, std::string title) {
  return {.title = std::move(title),
          .subtitle = one_line(result.provenance.model_name, 60),
          .notes = {fmt::format("{} code by a {} probe{}; control: labels drawn anew for each word "
                                "type.",
                                result.code, result.probe,
                                result.standardized ? " on standardised columns" : "")},
          .origin = {fmt::format(
              "{} · {} · {} of {} · headlens {}", one_line(result.provenance.model_name, 60),
              result.provenance.precision, count_text(result.rows, result.unit),
              file_name_line(result.data, 60), result.provenance.headlens_version)}};
}

CurveSeries layer_series(const MdlResult& result, std::string name, bool of_control) {
  CurveSeries line{.name = std::move(name), .x = {}, .y = {}};
  const auto rows = static_cast<double>(result.rows);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const MdlLayer& layer = result.layers[i];
    const MdlCode& code = of_control ? *layer.control : layer.task;
    line.x.push_back(layer.hidden_state.value_or(static_cast<int>(i)));
    line.y.push_back(code.code_length_bits / rows);
  }
  return line;
}

CurveSeries portion_series(std::string name, const MdlCode& code) {
  CurveSeries line{.name = std::move(name), .x = {}, .y = {}};
  for (const MdlPortion& portion : code.portions) {
    if (portion.first == 0) continue;
    line.x.push_back(static_cast<double>(portion.first));
    line.y.push_back(portion.bits / static_cast<double>(portion.end - portion.first));
  }
  return line;
}

}  // namespace

CurvePicture picture_of(const MdlResult& result) {
  check_mdl(result);
  const auto rows = static_cast<double>(result.rows);
  CurvePicture picture{
      .x_name = "Hidden state (0: embeddings)",
      .y_name = "Code length (bits a row)",
      .series = {layer_series(result, result.column, false)},
      .levels = {{fmt::format("labels alone, {:.2f}", result.entropy_bits / rows),
                  result.entropy_bits / rows},
                 {fmt::format("uniform, {:.2f}", result.uniform_bits / rows),
                  result.uniform_bits / rows}},
      .text = text_of(result, fmt::format("Code length of {} by layer", result.column))};
  if (result.layers[0].control) picture.series.push_back(layer_series(result, "control", true));
  return picture;
}

CurvePicture portions_picture(const MdlResult& result) {
  check_mdl(result);
  const MdlLayer& best = result.layers[shortest_layer(result)];
  if (best.task.portions.size() < 2) throw UsageError("this code has no portions to draw");
  CurvePicture picture{.x_name = "Rows that the probe was trained on",
                       .y_name = "Bits a row of the next portion",
                       .x_scaling = AxisScaling::logarithmic,
                       .series = {portion_series(result.column, best.task)},
                       .levels = {},
                       .text = text_of(result, fmt::format("Online code of {} at {}", result.column,
                                                           layer_name(best)))};
  if (best.control) picture.series.push_back(portion_series("control", *best.control));
  return picture;
}

}  // namespace headlens
