#include "headlens/reports/head_gap_table.h"

#include <fmt/format.h>

#include <set>

#include "headlens/reports/csv.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"
#include "headlens/reports/wrapped_text.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr int kTextColumns = 200;

void add_scores(TextTable& table, std::string name, const HeadGapScores& scores) {
  std::vector<std::string> cells{std::move(name)};
  for (const double value :
       {scores.f1, scores.precision, scores.recall, scores.macro_f1, scores.accuracy}) {
    cells.push_back(fmt::format("{:.3f}", value));
  }
  table.add_row(std::move(cells));
}

std::string scores_text(const HeadGapResult& result, int width) {
  std::vector<TableColumn> columns{{.title = "classifier on"}};
  for (const char* title : {"F1", "precision", "recall", "macro F1", "accuracy"}) {
    columns.push_back({.title = title, .align = Align::kRight});
  }
  TextTable table(columns);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    add_scores(table, fmt::format("layer {}", result.layers[i]), result.by_layer[i]);
  }
  add_scores(table, fmt::format("layer {} (head)", result.head_layer), result.head);
  std::set<int> chosen;
  for (const HeadGapFold& fold : result.folds) chosen.insert(fold.probe_layer);
  add_scores(table, fmt::format("chosen layer ({})", fmt::join(chosen, ", ")), result.probe);
  return table.to_text(width);
}

std::string counts_text(const HeadGapResult& result, int width) {
  TextTable table({{.title = "right"},
                   {.title = "both", .align = Align::kRight},
                   {.title = "head alone", .align = Align::kRight},
                   {.title = "probe alone", .align = Align::kRight},
                   {.title = "neither", .align = Align::kRight},
                   {.title = "p", .align = Align::kRight}});
  const auto add = [&](std::string name, const HeadGapCounts& counts) {
    table.add_row({std::move(name), std::to_string(counts.both), std::to_string(counts.only_head),
                   std::to_string(counts.only_probe), std::to_string(counts.neither),
                   fmt::format("{:.3f}", counts.p)});
  };
  add("all", result.all);
  add(one_line(result.positive, 20), result.of_positive);
  return table.to_text(width);
}

}  // namespace

std::string head_gap_table(const HeadGapResult& result, int width, int most) {
  std::string text =
      fmt::format("{}: {} rows, {} of {}; {} folds; scores of {}\n\n", one_line(result.column, 30),
                  result.rows, result.positives, one_line(result.positive, 20), result.folds.size(),
                  one_line(result.positive, 20));
  text += scores_text(result, width) + "\n" + counts_text(result, width) + "\n";
  TextTable found({{.title = "head", .align = Align::kRight},
                   {.title = "probe", .align = Align::kRight},
                   {.title = "only the probe finds", .shrinks = true}});
  for (std::size_t i = 0; i < result.found.size() && i < static_cast<std::size_t>(most); ++i) {
    const HeadGapExample& example = result.found[i];
    found.add_row({fmt::format("{:.2f}", example.head_probability),
                   fmt::format("{:.2f}", example.probe_probability),
                   one_line(example.text, kTextColumns)});
  }
  if (!result.found.empty()) text += found.to_text(width) + "\n";
  for (const std::string& sentence : head_gap_conclusion(result)) {
    text += wrapped_text(sentence, width);
  }
  return text;
}

std::string head_gap_csv(const HeadGapResult& result) {
  std::string csv =
      csv_record({"row", "probe_layer", "head_probability", "probe_probability", "text"});
  for (const HeadGapExample& example : result.found) {
    csv += csv_record({std::to_string(example.row), std::to_string(example.probe_layer),
                       fmt::format("{:.6g}", example.head_probability),
                       fmt::format("{:.6g}", example.probe_probability),
                       replace_invalid_utf8(example.text)});
  }
  return csv;
}

}  // namespace headlens
