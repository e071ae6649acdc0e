#include "headlens/reports/structural_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/reports/csv.h"
#include "headlens/reports/number_text.h"
#include "headlens/reports/probe_table.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

std::string decimals(double value) {
  return std::isfinite(value) ? fmt::format("{:.3f}", value) : "-";
}

std::string cell(const std::optional<StructuralScore>& score) {
  return score ? decimals(score->value) : "-";
}

std::string interval(const std::optional<StructuralScore>& score) {
  return score ? fmt::format("{} - {}", decimals(score->low), decimals(score->high)) : "-";
}

std::string heading(const StructuralResult& result) {
  return fmt::format(
      "structural probes at {} of {}: rank {}{}, {} token pooling\n"
      "trained on {} sentences ({} words), validated on {} ({}), tested on {} ({})\n",
      count_text(std::ssize(result.layers), "layer"), one_line(result.provenance.model_name, 40),
      result.rank == 0 ? "full" : std::to_string(result.rank),
      result.standardized ? ", standardised columns" : "", result.pooling,
      result.training_sentences, result.training_words, result.validation_sentences,
      result.validation_words, result.test_sentences, result.test_words);
}

/// The figures of one target, of layers and of baselines.
struct TargetColumns {
  const char *name, *tree;
  StructuralTargetMember member;
  std::optional<StructuralScore> StructuralBaseline::*baseline_tree;
  std::optional<StructuralScore> StructuralBaseline::*baseline_spearman;
};

const TargetColumns kDistance{"distances", "UUAS", &StructuralLayer::distance,
                              &StructuralBaseline::uuas, &StructuralBaseline::distance_spearman};
const TargetColumns kDepth{"depths", "root acc.", &StructuralLayer::depth,
                           &StructuralBaseline::root_accuracy, &StructuralBaseline::depth_spearman};

std::string target_text(const StructuralResult& result, const TargetColumns& target, int width) {
  const auto best = best_layer(result, target.member);
  if (!best) return "";
  const std::vector<std::size_t> alike = layers_like_best(result, target.member);
  TextTable table({{.title = target.name},
                   {.title = target.tree, .align = Align::kRight},
                   {.title = fmt::format("{:.0f}% interval", 100 * result.confidence)},
                   {.title = "Spearman", .align = Align::kRight},
                   {.title = fmt::format("{:.0f}% interval", 100 * result.confidence)},
                   {.title = "loss", .align = Align::kRight},
                   {.title = ""}});
  std::vector<double> curve;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const StructuralFinding& finding = *(result.layers[i].*target.member);
    curve.push_back(finding.tree.value);
    const bool is_alike = std::ranges::find(alike, i) != alike.end();
    table.add_row({fmt::format("layer {}", result.layers[i].hidden_state), cell(finding.tree),
                   interval(finding.tree), cell(finding.spearman), interval(finding.spearman),
                   decimals(finding.test_loss),
                   i == *best ? "best"
                   : is_alike ? "like best"
                              : ""});
  }
  for (const StructuralBaseline& baseline : result.baselines) {
    const auto &tree = baseline.*target.baseline_tree, &rank = baseline.*target.baseline_spearman;
    table.add_row({baseline.name, cell(tree), interval(tree), cell(rank), interval(rank), "", ""});
  }
  std::string text = table.to_text(width);
  if (curve.size() > 1) text += fmt::format("{:<12}{}\n", target.tree, sparkline(curve));
  return text + "\n";
}

std::vector<std::int32_t> neighbours(
    const std::vector<std::pair<std::int32_t, std::int32_t>>& edges, std::int32_t word) {
  std::vector<std::int32_t> found;
  for (const auto& [a, b] : edges) {
    if (a == word) found.push_back(b);
    if (b == word) found.push_back(a);
  }
  std::ranges::sort(found);
  return found;
}

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

void add_score(const std::optional<StructuralScore>& score, std::vector<std::string>& fields) {
  const StructuralScore known = score.value_or(StructuralScore{NAN, NAN, NAN});
  for (const double value : {known.value, known.low, known.high}) {
    fields.push_back(csv_number(value));
  }
}

std::string csv_row(const StructuralLayer& layer) {
  std::vector<std::string> fields{std::to_string(layer.hidden_state)};
  for (const auto* finding : {&layer.distance, &layer.depth}) {
    add_score(*finding ? std::optional((*finding)->tree) : std::nullopt, fields);
    add_score(*finding ? std::optional((*finding)->spearman) : std::nullopt, fields);
  }
  for (const auto* finding : {&layer.distance, &layer.depth}) {
    fields.push_back(*finding ? csv_number((*finding)->test_loss) : "");
  }
  for (const auto* finding : {&layer.distance, &layer.depth}) {
    fields.push_back(*finding ? csv_number((*finding)->p_best_holm) : "");
  }
  return csv_record(fields);
}

}  // namespace

std::string parse_text(const ParsedSentence& parse, int width) {
  TextTable table({{.title = "", .align = Align::kRight},
                   {.title = "word", .shrinks = true},
                   {.title = "head", .align = Align::kRight},
                   {.title = "predicted edges to"},
                   {.title = "depth", .align = Align::kRight},
                   {.title = "predicted", .align = Align::kRight}});
  for (std::size_t i = 0; i < parse.words.size(); ++i) {
    const auto word = static_cast<std::int32_t>(i);
    std::vector<std::string> joined;
    for (const std::int32_t other : neighbours(parse.predicted_edges, word)) {
      const std::pair edge{std::min(word, other), std::max(word, other)};
      const bool is_right = std::ranges::find(parse.edges, edge) != parse.edges.end();
      joined.push_back(fmt::format("{}{}", other + 1, is_right ? "=" : ""));
    }
    table.add_row(
        {std::to_string(i + 1), one_line(parse.words[i], 30),
         parse.kept[i] == 0 ? "-" : std::to_string(parse.heads[i]),
         fmt::format("{}", fmt::join(joined, " ")), fmt::format("{:.0f}", parse.depths[i]),
         parse.predicted_depths.empty() ? "-" : fmt::format("{:.2f}", parse.predicted_depths[i])});
  }
  std::string text = fmt::format("sentence at line {}", parse.line);
  if (parse.distance_layer) text += fmt::format(", distances of layer {}", *parse.distance_layer);
  if (parse.depth_layer) text += fmt::format(", depths of layer {}", *parse.depth_layer);
  return text + "; = marks edges of the tree\n" + table.to_text(width);
}

std::string structural_table(const StructuralResult& result, int width) {
  check_structural(result);
  std::string text = heading(result) + "\n" + target_text(result, kDistance, width) +
                     target_text(result, kDepth, width);
  if (result.parse) text += parse_text(*result.parse, width) + "\n";
  for (const std::string& line : structural_conclusion(result)) text += line + "\n";
  return text;
}

std::string structural_csv(const StructuralResult& result) {
  check_structural(result);
  std::vector<std::string> titles{"layer"};
  for (const char* name : {"uuas", "distance_spearman", "root_accuracy", "depth_spearman"}) {
    for (const char* part : {"", "_low", "_high"}) titles.push_back(std::string(name) + part);
  }
  titles.insert(titles.end(), {"distance_loss_edges", "depth_loss_edges", "distance_p_best_holm",
                               "depth_p_best_holm"});
  std::string csv = csv_record(titles);
  for (const StructuralLayer& layer : result.layers) csv += csv_row(layer);
  for (const StructuralBaseline& baseline : result.baselines) {
    std::vector<std::string> fields{baseline.name};
    add_score(baseline.uuas, fields);
    add_score(baseline.distance_spearman, fields);
    add_score(baseline.root_accuracy, fields);
    add_score(baseline.depth_spearman, fields);
    fields.resize(titles.size());
    csv += csv_record(fields);
  }
  return csv;
}

}  // namespace headlens
