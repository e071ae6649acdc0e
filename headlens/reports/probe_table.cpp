#include "headlens/reports/probe_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "headlens/reports/csv.h"
#include "headlens/reports/number_text.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr std::size_t kShownClasses = 20, kShownRounds = 10, kShownLayers = 12;

std::string decimals(double value) {
  return std::isfinite(value) ? fmt::format("{:.3f}", value) : "-";
}

/// The scores of each round, where they are few.
std::string rounds_text(const ProbeResult& result) {
  const std::size_t rounds = result.layers[0].score.rounds.size();
  if (rounds < 2 || rounds > kShownRounds || result.layers.size() > kShownLayers) return "";
  std::string text = "by fold\n";
  for (const ProbeLayer& layer : result.layers) {
    text += fmt::format("  {:<10}", layer_name(layer));
    for (const double one : layer.score.rounds) text += " " + decimals(one);
    text += "\n";
  }
  return text + "\n";
}

std::string heading(const ProbeResult& result) {
  const ProbeEvaluation& evaluation = result.evaluation;
  std::string split;
  if (evaluation.kind == "folds") {
    split = fmt::format("{} folds{}", evaluation.folds,
                        evaluation.group == "row" ? "" : " grouped by " + evaluation.group);
  } else {
    split = fmt::format("trained on {} rows, tested on {}", evaluation.train_rows,
                        evaluation.test_rows);
  }
  const std::string classes =
      result.classes.empty() ? "real values" : fmt::format("{} classes", result.classes.size());
  return fmt::format("{} at {} of {}: {} probe{}, {}\n{}, {}, {} token pooling\n", result.column,
                     count_text(std::ssize(result.layers), "layer"),
                     one_line(result.provenance.model_name, 40), result.method.kind,
                     result.method.standardized ? " on standardised columns" : "", classes,
                     count_text(result.rows, result.unit), split, result.pooling);
}

std::string layers_text(const ProbeResult& result, int width) {
  const bool real = result.classes.empty(), has_control = result.layers[0].control.has_value();
  const bool has_random = !result.random_layers.empty();
  std::vector<TableColumn> columns{{.title = "layer"},
                                   {.title = real ? "R2" : "accuracy", .align = Align::kRight},
                                   {.title = "95% interval"},
                                   {.title = "std", .align = Align::kRight}};
  if (has_control) {
    columns.push_back({.title = "control", .align = Align::kRight});
    columns.push_back({.title = "selectivity", .align = Align::kRight});
  }
  columns.push_back({.title = real ? "Spearman" : "macro F1", .align = Align::kRight});
  if (has_random) columns.push_back({.title = "random", .align = Align::kRight});
  columns.push_back({.title = ""});
  TextTable table(columns);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const ProbeLayer& layer = result.layers[i];
    std::vector<std::string> cells{
        layer.hidden_state ? std::to_string(*layer.hidden_state) : layer.site,
        decimals(layer.score.mean),
        fmt::format("{} - {}", decimals(layer.score.low), decimals(layer.score.high)),
        layer.score.rounds.size() > 1 ? decimals(layer.score.standard_deviation) : "-"};
    if (has_control) {
      cells.push_back(decimals(layer.control->mean));
      cells.push_back(decimals(layer.selectivity));
    }
    cells.push_back(decimals(real ? layer.spearman.value_or(NAN) : layer.macro_f1.value_or(NAN)));
    if (has_random) cells.push_back(decimals(result.random_layers[i].mean));
    cells.emplace_back(i == result.best                          ? "best"
                       : layer.p_best_holm > ProbeResult::kLevel ? "like best"
                                                                 : "");
    table.add_row(cells);
  }
  return table.to_text(width);
}

std::string curve_text(const ProbeResult& result) {
  if (result.layers.size() < 2) return "";
  std::vector<double> scores, selectivity;
  for (const ProbeLayer& layer : result.layers) {
    scores.push_back(layer.score.mean);
    selectivity.push_back(layer.selectivity);
  }
  std::string text =
      fmt::format("{:<12}{}\n", result.classes.empty() ? "R2" : "accuracy", sparkline(scores));
  if (result.layers[0].control) {
    text += fmt::format("{:<12}{}\n", "selectivity", sparkline(selectivity));
  }
  return text + "\n";
}

std::string baselines_text(const ProbeResult& result, int width) {
  TextTable table({{.title = "baseline"},
                   {.title = result.classes.empty() ? "R2" : "accuracy", .align = Align::kRight},
                   {.title = "95% interval"},
                   {.title = "p against best", .align = Align::kRight},
                   {.title = "", .shrinks = true}});
  for (const ProbeBaseline& baseline : result.baselines) {
    table.add_row(
        {baseline.name, decimals(baseline.score.mean),
         fmt::format("{} - {}", decimals(baseline.score.low), decimals(baseline.score.high)),
         fmt::format("{:.2g}", baseline.p_holm), baseline.about});
  }
  return table.to_text(width);
}

std::string classes_text(const ProbeResult& result, int width) {
  if (result.classes.empty()) return "";
  std::vector<std::size_t> order(result.classes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return result.best_classes[i].support; });
  TextTable table({{.title = "class at " + layer_name(result.layers[result.best]), .shrinks = true},
                   {.title = "precision", .align = Align::kRight},
                   {.title = "recall", .align = Align::kRight},
                   {.title = "F1", .align = Align::kRight},
                   {.title = "rows", .align = Align::kRight},
                   {.title = "mostly taken for", .shrinks = true}});
  const std::size_t n = result.classes.size();
  for (std::size_t k = 0; k < std::min(kShownClasses, n); ++k) {
    const ProbeClass& own = result.best_classes[order[k]];
    std::size_t taken = n;
    for (std::size_t j = 0; j < n; ++j) {
      const std::int64_t here = result.confusion[order[k] * n + j];
      if (j == order[k] || here == 0) continue;
      if (taken == n || here > result.confusion[order[k] * n + taken]) taken = j;
    }
    table.add_row({one_line(own.name, 24), decimals(own.precision), decimals(own.recall),
                   decimals(own.f1), std::to_string(own.support),
                   taken == n ? ""
                              : fmt::format("{} ({})", one_line(result.classes[taken], 20),
                                            result.confusion[order[k] * n + taken])});
  }
  std::string text = table.to_text(width);
  if (n > kShownClasses) text += fmt::format("and {} rarer classes\n", n - kShownClasses);
  return text + "\n";
}

/// Breaks a sentence at spaces.
std::string wrapped(const std::string& text, int width) {
  std::string result, line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      result += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return result + line + "\n";
}

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

}  // namespace

std::string sparkline(std::span<const double> values) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double low = INFINITY, high = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    const double share = high > low ? (value - low) / (high - low) : 0;
    line += kBars[static_cast<std::size_t>(std::lround(share * (kBars.size() - 1)))];
  }
  return line;
}

std::string probe_table(const ProbeResult& result, int width) {
  check_probe(result);
  std::string text = heading(result) + "\n" + layers_text(result, width) + "\n" +
                     rounds_text(result) + curve_text(result) + baselines_text(result, width) +
                     "\n" + classes_text(result, width);
  for (const std::string& sentence : probe_conclusion(result)) text += wrapped(sentence, width);
  for (const std::string& warning : probe_warnings(result)) {
    text += wrapped("Beware: " + warning + ".", width);
  }
  return text;
}

std::string probe_csv(const ProbeResult& result) {
  check_probe(result);
  std::string csv = csv_record({"layer",
                                "site",
                                result.method.metric,
                                "std",
                                "low",
                                "high",
                                "macro_f1",
                                "pearson",
                                "spearman",
                                "control",
                                "selectivity",
                                "selectivity_low",
                                "selectivity_high",
                                "meaningful",
                                "p_best",
                                "p_best_holm",
                                "p_majority_holm",
                                "random_weights",
                                "converged",
                                "iterations",
                                "fit_seconds"});
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const ProbeLayer& layer = result.layers[i];
    const bool has_control = layer.control.has_value();
    std::vector<std::string> fields{layer.hidden_state ? std::to_string(*layer.hidden_state) : "",
                                    layer.site};
    for (const double value :
         {layer.score.mean, layer.score.standard_deviation, layer.score.low, layer.score.high,
          layer.macro_f1.value_or(NAN), layer.pearson.value_or(NAN), layer.spearman.value_or(NAN),
          has_control ? layer.control->mean : NAN, layer.selectivity,
          has_control ? layer.selectivity_low : NAN, has_control ? layer.selectivity_high : NAN}) {
      fields.push_back(csv_number(value));
    }
    fields.emplace_back(!has_control ? "" : layer.meaningful ? "true" : "false");
    for (const double p : {layer.p_best, layer.p_best_holm, layer.p_majority_holm}) {
      fields.push_back(csv_number(p));
    }
    fields.push_back(csv_number(result.random_layers.empty() ? NAN : result.random_layers[i].mean));
    fields.emplace_back(layer.converged ? "true" : "false");
    fields.push_back(std::to_string(layer.iterations));
    fields.push_back(csv_number(layer.fit_seconds));
    csv += csv_record(fields);
  }
  return csv;
}

std::string confusion_csv(const ProbeResult& result) {
  check_probe(result);
  std::string csv = csv_record({"true", "predicted", "count"});
  const std::size_t n = result.classes.size();
  for (std::size_t i = 0; i < n * n; ++i) {
    if (result.confusion[i] == 0) continue;
    csv += csv_record(
        {result.classes[i / n], result.classes[i % n], std::to_string(result.confusion[i])});
  }
  return csv;
}

}  // namespace headlens
