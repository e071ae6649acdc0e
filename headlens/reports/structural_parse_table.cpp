#include <fmt/format.h>

#include "headlens/reports/number_text.h"
#include "headlens/reports/structural_table.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

std::string neighbours(const PredictedTree& tree, int word) {
  std::vector<std::string> others;
  for (const PredictedEdge& edge : tree.edges) {
    if (edge.first != word && edge.second != word) continue;
    const int other = edge.first == word ? edge.second : edge.first;
    others.push_back(fmt::format("{} {}", other, token_label(tree.words[other - 1].form, 20)));
  }
  return fmt::format("{}", fmt::join(others, ", "));
}

}  // namespace

std::string structural_parse_table(const StructuralParse& result, int width) {
  std::string text;
  for (const PredictedTree& tree : result.trees) {
    text += text.empty() ? "" : "\n";
    if (tree.line > 0) text += fmt::format("line {}\n", tree.line);
    TextTable table({{.title = "", .align = Align::kRight},
                     {.title = "word", .shrinks = true},
                     {.title = "depth", .align = Align::kRight},
                     {.title = "joined with", .shrinks = true}});
    for (std::size_t i = 0; i < tree.words.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      const std::string depth = result.has_depths ? number_text(tree.words[i].depth) : "-";
      table.add_row({std::to_string(number), token_label(tree.words[i].form, 40),
                     depth + (number == tree.root ? " (root)" : ""), neighbours(tree, number)});
    }
    text += table.to_text(width);
  }
  return text;
}

}  // namespace headlens
