#include "headlens/results/mdl_result.h"

#include <fmt/format.h>

#include "headlens/base/errors.h"

namespace headlens {

std::string layer_name(const MdlLayer& layer) {
  return layer.hidden_state ? "layer " + std::to_string(*layer.hidden_state) : layer.site;
}

std::size_t shortest_layer(const MdlResult& result) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < result.layers.size(); ++i) {
    if (result.layers[i].task.code_length_bits < result.layers[best].task.code_length_bits) {
      best = i;
    }
  }
  return best;
}

std::vector<std::string> mdl_conclusion(const MdlResult& result) {
  check_mdl(result);
  const MdlLayer& best = result.layers[shortest_layer(result)];
  const auto rows = static_cast<double>(result.rows);
  std::vector<std::string> lines{fmt::format(
      "{} of {} rows is shortest given {}: {:.2f} bits a row, where labels alone need {:.2f} and "
      "the uniform code {:.2f} (compression {:.2f}).",
      result.column, result.rows, layer_name(best), best.task.code_length_bits / rows,
      result.entropy_bits / rows, result.uniform_bits / rows, best.task.compression)};
  if (best.task.code_length_bits >= result.entropy_bits) {
    lines.emplace_back("No layer's states make the labels shorter than their shares alone do.");
  }
  if (best.control) {
    const double own = best.task.code_length_bits, other = best.control->code_length_bits;
    lines.push_back(
        fmt::format("Labels drawn anew for each word type need {:.2f} bits a row there, {:.1f} "
                    "times as many{}.",
                    other / rows, other / own,
                    other > own ? ": the layer's states fit the task, not any labelling"
                                : ": the states say no more of the task than of any labelling"));
  }
  lines.emplace_back(
      "A short code says that a property is easily read from the states; whether the model uses it "
      "is another question.");
  return lines;
}

void check_mdl(const MdlResult& result) {
  if (result.layers.empty()) throw ShapeError("MDL probe", "a layer", "none");
  for (const MdlLayer& layer : result.layers) {
    if (layer.task.portions.size() != result.layers[0].task.portions.size() ||
        layer.control.has_value() != result.layers[0].control.has_value()) {
      throw ShapeError("MDL probe", "the same portions and control of every layer",
                       "others at " + layer_name(layer));
    }
  }
}

}  // namespace headlens
