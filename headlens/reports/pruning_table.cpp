#include "headlens/reports/pruning_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/reports/csv.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/pruning_picture.h"
#include "headlens/reports/table.h"

namespace headlens {
namespace {

constexpr std::size_t kShownCounts = 12;
constexpr double kRiseNats = 0.1;

std::string loss_text(double nats) { return fmt::format("{:.4f}", nats); }

std::vector<double> random_means(const PruningResult& result) {
  std::vector<double> means;
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    means.push_back(random_loss(result, i).mean);
  }
  return means;
}

std::string curves_text(const PruningResult& result, int width) {
  const bool has_random = !result.random.empty();
  std::vector<TableColumn> columns{{.title = "heads removed", .align = Align::kRight},
                                   {.title = "least important first", .align = Align::kRight},
                                   {.title = "most important first", .align = Align::kRight}};
  if (has_random) columns.push_back({.title = "random", .align = Align::kRight});
  TextTable table(columns);
  const std::size_t last = result.counts.size() - 1;
  const std::size_t shown = std::min(kShownCounts, last + 1);
  for (std::size_t row = 0; row < shown; ++row) {
    const std::size_t i = shown == 1 ? 0 : (row * last + (shown - 1) / 2) / (shown - 1);
    std::vector<std::string> cells{std::to_string(result.counts[i]),
                                   loss_text(result.least_first.loss_nats[i]),
                                   loss_text(result.most_first.loss_nats[i])};
    if (has_random) cells.push_back(loss_text(random_loss(result, i).mean));
    table.add_row(cells);
  }
  return table.to_text(width);
}

std::string rise_text(const PruningResult& result) {
  std::string text = fmt::format(
      "heads that can go before the loss rises by {} nats, of the counts measured:\n"
      "  least important first {}, most important first {}",
      kRiseNats, heads_before_rise(result, result.least_first.loss_nats, kRiseNats),
      heads_before_rise(result, result.most_first.loss_nats, kRiseNats));
  if (!result.random.empty()) {
    text += fmt::format(", random {}", heads_before_rise(result, random_means(result), kRiseNats));
  }
  return text + "\n";
}

std::string importance_text(const PruningResult& result, int width, int most) {
  TextTable table({{.title = "most important", .shrinks = true},
                   {.title = "loss without it", .align = Align::kRight},
                   {.title = "change", .align = Align::kRight}});
  const std::vector<HeadPlace>& order = result.most_first.order;
  const std::size_t n_heads = result.importance.axes[1].indices.size();
  for (std::size_t i = 0; i < order.size() && i < static_cast<std::size_t>(most); ++i) {
    const double change = result.importance.values.at(order[i].layer * n_heads + order[i].head);
    table.add_row({to_string(order[i]), loss_text(result.importance_base_nats + change),
                   fmt::format("{:+.4f}", change)});
  }
  return table.to_text(width);
}

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

}  // namespace

std::string pruning_table(const PruningResult& result, int width, int most) {
  check_pruning(result);
  std::string text = fmt::format(
      "pruning of {} heads ({})\n{}\nloss of the whole model: {} nats per token\n{}\n",
      result.importance.values.size(), result.kind, fmt::join(split_notes(result), ",\n"),
      loss_text(result.base_loss_nats), deviation_line(result.provenance));
  text += curves_text(result, width) + "\n" + rise_text(result) + "\n";
  return text + importance_text(result, width, most);
}

std::string pruning_csv(const PruningResult& result) {
  check_pruning(result);
  std::vector<std::string> titles{"removed", "least_first", "most_first"};
  if (!result.random.empty()) {
    titles.insert(titles.end(), {"random_mean", "random_low", "random_high"});
  }
  for (std::size_t i = 0; i < result.random.size(); ++i) {
    titles.push_back(fmt::format("random_{}", i + 1));
  }
  std::string csv = csv_record(titles);
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    std::vector<std::string> fields{std::to_string(result.counts[i]),
                                    csv_number(result.least_first.loss_nats[i]),
                                    csv_number(result.most_first.loss_nats[i])};
    const auto [mean, low, high] = random_loss(result, i);
    if (!result.random.empty()) {
      for (const double value : {mean, low, high}) fields.push_back(csv_number(value));
    }
    for (const PruningCurve& curve : result.random) {
      fields.push_back(csv_number(curve.loss_nats[i]));
    }
    csv += csv_record(fields);
  }
  return csv;
}

}  // namespace headlens
