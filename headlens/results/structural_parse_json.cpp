#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json tree_json(const PredictedTree& tree, const StructuralParse& result) {
  Json words = Json::array(), edges = Json::array();
  for (const PredictedWord& word : tree.words) {
    words.push_back({{"form", text(word.form)},
                     {"span", {word.char_begin, word.char_end}},
                     {"in_tree", word.in_tree},
                     {"depth", number(word.depth)}});
  }
  for (const PredictedEdge& edge : tree.edges) {
    edges.push_back({{"words", {edge.first, edge.second}}, {"distance", number(edge.distance)}});
  }
  return {{"line", tree.line > 0 ? Json(tree.line) : Json()},
          {"text", text(tree.text)},
          {"words", words},
          {"root", tree.root > 0 ? Json(tree.root) : Json()},
          {"edges", result.has_distances ? edges : Json()}};
}

}  // namespace

Json to_json(const StructuralParse& result) {
  Json trees = Json::array();
  for (const PredictedTree& tree : result.trees) trees.push_back(tree_json(tree, result));
  return {{"schema", "headlens/structural_parse/1"},
          {"provenance", to_json(result.provenance)},
          {"probe", text(result.probe)},
          {"hidden_state", result.hidden_state},
          {"pooling", result.pooling},
          {"trees", trees}};
}

}  // namespace headlens
