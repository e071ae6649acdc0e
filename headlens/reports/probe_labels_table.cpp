#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "headlens/reports/number_text.h"
#include "headlens/reports/probe_table.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {

std::string probe_labels_table(const ProbeLabels& result, int width) {
  const bool real = result.classes.empty();
  std::vector<TableColumn> columns{{.title = result.unit, .shrinks = true},
                                   {.title = one_line(result.column, 20)}};
  if (!real) {
    columns.push_back({.title = "p", .align = Align::kRight});
    columns.push_back({.title = "or"});
    columns.push_back({.title = "p", .align = Align::kRight});
  }
  TextTable table(columns);
  for (const ProbeLabel& one : result.labels) {
    const std::string form = token_label(one.form, 40);
    if (real) {
      table.add_row({form, number_text(one.value)});
      continue;
    }
    std::vector<std::size_t> order(result.classes.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater(),
                             [&](std::size_t i) { return one.probabilities.at(i); });
    table.add_row({form, one_line(result.classes[order[0]], 20),
                   fmt::format("{:.3f}", one.probabilities[order[0]]),
                   one_line(result.classes.at(order[1]), 20),
                   fmt::format("{:.3f}", one.probabilities[order[1]])});
  }
  return table.to_text(width);
}

}  // namespace headlens
