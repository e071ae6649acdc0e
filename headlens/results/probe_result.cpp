#include "headlens/results/probe_result.h"

#include "headlens/base/errors.h"

namespace headlens {

std::string layer_name(const ProbeLayer& layer) {
  return layer.hidden_state ? "layer " + std::to_string(*layer.hidden_state) : layer.site;
}

std::vector<std::size_t> layers_like_best(const ProbeResult& result) {
  std::vector<std::size_t> like;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    if (i == result.best || result.layers[i].p_best_holm > ProbeResult::kLevel) like.push_back(i);
  }
  return like;
}

void check_probe(const ProbeResult& result) {
  const std::size_t n = result.classes.size();
  if (result.layers.empty() || result.best >= result.layers.size()) {
    throw ShapeError("probe", "a best layer among the layers",
                     std::to_string(result.layers.size()) + " layers");
  }
  if (result.confusion.size() != n * n || result.best_classes.size() != n) {
    throw ShapeError("probe", "a confusion of " + std::to_string(n) + " classes",
                     std::to_string(result.confusion.size()) + " counts");
  }
  if (!result.random_layers.empty() && result.random_layers.size() != result.layers.size()) {
    throw ShapeError("probe", std::to_string(result.layers.size()) + " layers of random weights",
                     std::to_string(result.random_layers.size()));
  }
}

}  // namespace headlens
