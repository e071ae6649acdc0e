#include "headlens/results/structural_result.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

const StructuralBaseline* baseline(const StructuralResult& result, std::string_view name) {
  const auto found = std::ranges::find(result.baselines, name, &StructuralBaseline::name);
  return found == result.baselines.end() ? nullptr : &*found;
}

/// "above the embeddings (0.31) and a linear chain (0.48)"
std::string beside_baselines(const StructuralResult& result, double value,
                             std::optional<StructuralScore> StructuralBaseline::*score) {
  std::vector<std::string> above, below;
  for (const char* name : {"linear chain", "embeddings", "random weights"}) {
    const StructuralBaseline* known = baseline(result, name);
    if (known == nullptr || !(known->*score)) continue;
    const double other = (known->*score)->value;
    (value > other ? above : below).push_back(fmt::format("{} ({:.3f})", name, other));
  }
  std::string text;
  if (!above.empty()) text += fmt::format(", above: {}", fmt::join(above, ", "));
  if (!below.empty()) text += fmt::format(", not above: {}", fmt::join(below, ", "));
  return text;
}

std::string like_best(const StructuralResult& result, StructuralTargetMember target) {
  std::vector<int> layers;
  for (const std::size_t i : layers_like_best(result, target)) {
    if (i != best_layer(result, target)) layers.push_back(result.layers[i].hidden_state);
  }
  if (layers.empty()) return "";
  return fmt::format(" Layers that the test cannot tell from it: {}.", fmt::join(layers, ", "));
}

}  // namespace

std::optional<std::size_t> best_layer(const StructuralResult& result,
                                      StructuralTargetMember target) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const auto& finding = result.layers[i].*target;
    if (!finding) return std::nullopt;
    if (!best || finding->tree.value > (result.layers[*best].*target)->tree.value) best = i;
  }
  return best;
}

std::vector<std::size_t> layers_like_best(const StructuralResult& result,
                                          StructuralTargetMember target) {
  std::vector<std::size_t> alike;
  const std::optional<std::size_t> best = best_layer(result, target);
  for (std::size_t i = 0; best && i < result.layers.size(); ++i) {
    const StructuralFinding& finding = *(result.layers[i].*target);
    if (i == *best || finding.p_best_holm > StructuralResult::kLevel) alike.push_back(i);
  }
  return alike;
}

std::vector<std::string> structural_conclusion(const StructuralResult& result) {
  std::vector<std::string> lines;
  if (const auto best = best_layer(result, &StructuralLayer::distance)) {
    const StructuralLayer& layer = result.layers[*best];
    lines.push_back(fmt::format(
        "Distances: layer {} lets most edges be read, {:.1f}% of {} test sentences' (UUAS){}.{}",
        layer.hidden_state, 100 * layer.distance->tree.value, result.test_sentences,
        beside_baselines(result, layer.distance->tree.value, &StructuralBaseline::uuas),
        like_best(result, &StructuralLayer::distance)));
  }
  if (const auto best = best_layer(result, &StructuralLayer::depth)) {
    const StructuralLayer& layer = result.layers[*best];
    lines.push_back(fmt::format(
        "Depths: layer {} lets most roots be read, {:.1f}%{}.{}", layer.hidden_state,
        100 * layer.depth->tree.value,
        beside_baselines(result, layer.depth->tree.value, &StructuralBaseline::root_accuracy),
        like_best(result, &StructuralLayer::depth)));
  }
  lines.emplace_back(
      "This is what a linear map of the states tells of the tree; whether the model uses it is "
      "another question.");
  return lines;
}

void check_structural(const StructuralResult& result) {
  if (result.layers.empty()) throw ShapeError("structural probe", "a layer", "none");
  for (const StructuralLayer& layer : result.layers) {
    if (layer.distance.has_value() != result.layers[0].distance.has_value() ||
        layer.depth.has_value() != result.layers[0].depth.has_value() ||
        (!layer.distance && !layer.depth)) {
      throw ShapeError("structural probe", "the same targets of every layer",
                       "others at layer " + std::to_string(layer.hidden_state));
    }
  }
}

}  // namespace headlens
