#include "headlens/reports/mdl_table.h"

#include <fmt/format.h>

#include <cmath>

#include "headlens/reports/csv.h"
#include "headlens/reports/number_text.h"
#include "headlens/reports/probe_table.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

std::string heading(const MdlResult& result) {
  return fmt::format(
      "{} code of {} at {} of {}: {} probe{}\n"
      "{}, {} classes, {} token pooling; uniform code {:.0f} bits, labels alone {:.0f} "
      "bits\n\n",
      result.code, result.column, count_text(std::ssize(result.layers), "layer"),
      one_line(result.provenance.model_name, 40), result.probe,
      result.standardized ? ", standardised columns" : "", count_text(result.rows, result.unit),
      result.classes.size(), result.pooling, result.uniform_bits, result.entropy_bits);
}

std::string bits_text(const MdlCode& code) {
  return code.standard_deviation > 0
             ? fmt::format("{:.0f} ± {:.0f}", code.code_length_bits, code.standard_deviation)
             : fmt::format("{:.0f}", code.code_length_bits);
}

std::string layers_text(const MdlResult& result, int width, bool notebook) {
  const bool has_control = result.layers[0].control.has_value();
  const bool is_online = result.code == "online";
  std::vector<TableColumn> columns{{.title = "layer"},
                                   {.title = "bits", .align = Align::kRight},
                                   {.title = "compression", .align = Align::kRight},
                                   {.title = "accuracy", .align = Align::kRight}};
  if (!is_online) columns.push_back({.title = "of them weights", .align = Align::kRight});
  if (has_control) {
    columns.push_back({.title = "control bits", .align = Align::kRight});
    columns.push_back({.title = "compression", .align = Align::kRight});
  }
  if (notebook) columns.push_back({.title = "notebook kbits", .align = Align::kRight});
  columns.push_back({.title = ""});
  TextTable table(columns);
  const std::size_t best = shortest_layer(result);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const MdlLayer& layer = result.layers[i];
    std::vector<std::string> cells{
        layer.hidden_state ? std::to_string(*layer.hidden_state) : layer.site,
        bits_text(layer.task), fmt::format("{:.2f}", layer.task.compression),
        fmt::format("{:.3f}", layer.task.accuracy)};
    if (!is_online) cells.push_back(fmt::format("{:.0f}", layer.task.weight_bits));
    if (has_control) {
      cells.push_back(bits_text(*layer.control));
      cells.push_back(fmt::format("{:.2f}", layer.control->compression));
    }
    if (notebook) cells.push_back(fmt::format("{:.2f}", layer.task.notebook_kbits));
    cells.emplace_back(i == best ? "shortest" : "");
    table.add_row(cells);
  }
  std::vector<double> curve;
  for (const MdlLayer& layer : result.layers) curve.push_back(layer.task.compression);
  std::string text = table.to_text(width);
  if (curve.size() > 1) text += fmt::format("{:<12}{}\n", "compression", sparkline(curve));
  return text + "\n";
}

std::string portions_text(const MdlResult& result, int width) {
  const MdlLayer& best = result.layers[shortest_layer(result)];
  if (best.task.portions.empty()) return "";
  std::vector<TableColumn> columns{{.title = "rows of " + layer_name(best), .align = Align::kRight},
                                   {.title = "trained on", .align = Align::kRight},
                                   {.title = "bits a row", .align = Align::kRight},
                                   {.title = "accuracy", .align = Align::kRight}};
  if (best.control) columns.push_back({.title = "control bits a row", .align = Align::kRight});
  TextTable table(columns);
  for (std::size_t p = 0; p < best.task.portions.size(); ++p) {
    const MdlPortion& portion = best.task.portions[p];
    const auto n = static_cast<double>(portion.end - portion.first);
    std::vector<std::string> cells{fmt::format("{} - {}", portion.first + 1, portion.end),
                                   p == 0 ? "uniform" : std::to_string(portion.first),
                                   fmt::format("{:.3f}", portion.bits / n),
                                   p == 0 ? "-" : fmt::format("{:.3f}", portion.accuracy)};
    if (best.control) cells.push_back(fmt::format("{:.3f}", best.control->portions[p].bits / n));
    table.add_row(cells);
  }
  return table.to_text(width) + "\n";
}

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

void add_code(const std::optional<MdlCode>& code, bool is_online,
              std::vector<std::string>& fields) {
  if (!code) {
    fields.insert(fields.end(), 6, "");
    return;
  }
  for (const double value :
       {code->code_length_bits, code->standard_deviation, code->compression,
        is_online ? NAN : code->data_bits, is_online ? NAN : code->weight_bits, code->accuracy}) {
    fields.push_back(csv_number(value));
  }
}

std::vector<std::string> names_of(const MdlLayer& layer) {
  return {layer.hidden_state ? std::to_string(*layer.hidden_state) : "", layer.site};
}

}  // namespace

std::string mdl_table(const MdlResult& result, int width, bool notebook) {
  check_mdl(result);
  std::string text =
      heading(result) + layers_text(result, width, notebook) + portions_text(result, width);
  if (notebook) {
    text +=
        "notebook kbits: as Voita and Titov's notebook prints them: bits of the first portion plus "
        "nats of\nthe others, divided by 1024\n";
  }
  for (const std::string& line : mdl_conclusion(result)) text += line + "\n";
  return text;
}

std::string mdl_csv(const MdlResult& result) {
  check_mdl(result);
  std::vector<std::string> titles{"layer", "site"};
  for (const char* before : {"", "control_"}) {
    for (const char* name : {"code_length_bits", "standard_deviation", "compression", "data_bits",
                             "weight_bits", "accuracy"}) {
      titles.push_back(std::string(before) + name);
    }
  }
  std::string csv = csv_record(titles);
  for (const MdlLayer& layer : result.layers) {
    std::vector<std::string> fields = names_of(layer);
    add_code(layer.task, result.code == "online", fields);
    add_code(layer.control, result.code == "online", fields);
    csv += csv_record(fields);
  }
  return csv;
}

std::string mdl_portions_csv(const MdlResult& result) {
  check_mdl(result);
  std::string csv = csv_record(
      {"layer", "site", "first", "end", "bits", "accuracy", "control_bits", "control_accuracy"});
  for (const MdlLayer& layer : result.layers) {
    for (std::size_t p = 0; p < layer.task.portions.size(); ++p) {
      const MdlPortion& portion = layer.task.portions[p];
      std::vector<std::string> fields = names_of(layer);
      fields.push_back(std::to_string(portion.first));
      fields.push_back(std::to_string(portion.end));
      fields.push_back(csv_number(portion.bits));
      fields.push_back(csv_number(portion.accuracy));
      const MdlPortion control = layer.control ? layer.control->portions[p] : MdlPortion{};
      fields.push_back(layer.control ? csv_number(control.bits) : "");
      fields.push_back(layer.control ? csv_number(control.accuracy) : "");
      csv += csv_record(fields);
    }
  }
  return csv;
}

}  // namespace headlens
