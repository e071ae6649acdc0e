#include "headlens/reports/amnesic_table.h"

#include <fmt/format.h>

#include <cmath>

#include "headlens/reports/amnesic_picture.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/table.h"
#include "headlens/reports/wrapped_text.h"

namespace headlens {
namespace {

std::string p_text(double p) { return p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p); }

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

std::string layers_text(const AmnesicResult& result, int width) {
  TextTable table({{.title = "layer", .align = Align::kRight},
                   {.title = "rank", .align = Align::kRight},
                   {.title = "probe", .align = Align::kRight},
                   {.title = "after", .align = Align::kRight},
                   {.title = "loss", .align = Align::kRight},
                   {.title = "random", .align = Align::kRight},
                   {.title = "restored", .align = Align::kRight},
                   {.title = "over random", .align = Align::kRight},
                   {.title = "p_holm", .align = Align::kRight},
                   {.title = "KL", .align = Align::kRight},
                   {.title = "top-1", .align = Align::kRight}});
  for (const AmnesicLayer& layer : result.layers) {
    table.add_row({std::to_string(layer.layer), std::to_string(layer.rank),
                   fmt::format("{:.3f}", layer.probe_before),
                   fmt::format("{:.3f}", layer.probe_after),
                   fmt::format("{:.3f}", layer.erased.loss_nats),
                   fmt::format("{:.3f}", mean_random(layer).loss_nats),
                   fmt::format("{:.3f}", layer.restored.loss_nats),
                   fmt::format("{:+.3f}", layer.over_random.mean_nats),
                   p_text(layer.over_random.p_holm), fmt::format("{:.3f}", layer.erased.kl_nats),
                   fmt::format("{:.3f}", layer.erased.accuracy)});
  }
  return table.to_text(width);
}

}  // namespace

std::string amnesic_table(const AmnesicResult& result, int width) {
  std::string text = wrapped_text(
      fmt::format("{} erased by {} at one layer at a time, from every {}", result.column,
                  result.method, result.places == "words" ? "labelled word" : "token"),
      width);
  text += wrapped_text(
      fmt::format(
          "fitted on {} rows of {} classes; measured on {} predicted tokens of {} sentences",
          result.train_words, result.classes.size(), result.predicted_tokens, result.sentences),
      width);
  text += wrapped_text(
      fmt::format("unedited: {} {:.3f} nats, top-1 {:.3f}; largest class {:.3f}", loss_name(result),
                  result.base.loss_nats, result.base.accuracy, result.majority),
      width);
  text += "\n";
  text += layers_text(result, width) + "\n";
  for (const std::string& sentence : amnesic_conclusion(result))
    text += wrapped_text(sentence, width);
  return text;
}

std::string amnesic_csv(const AmnesicResult& result) {
  std::vector<std::string> titles{"layer",       "site",         "rank",   "probe_before",
                                  "probe_after", "probe_random", "change", "random_change"};
  for (const char* condition : {"erased", "random", "restored"}) {
    for (const char* measure : {"loss_nats", "accuracy", "kl_nats"}) {
      titles.push_back(fmt::format("{}_{}", condition, measure));
    }
  }
  for (const char* other : {"base", "random", "restored"}) {
    for (const char* number : {"mean_nats", "low_nats", "high_nats", "p", "p_holm"}) {
      titles.push_back(fmt::format("over_{}_{}", other, number));
    }
  }
  std::string csv = csv_record(titles);
  for (const AmnesicLayer& layer : result.layers) {
    std::vector<std::string> fields{std::to_string(layer.layer), layer.site,
                                    std::to_string(layer.rank)};
    for (const double value : {layer.probe_before, layer.probe_after, layer.probe_random,
                               layer.change, layer.random_change}) {
      fields.push_back(csv_number(value));
    }
    for (const AmnesicMeasure& measure : {layer.erased, mean_random(layer), layer.restored}) {
      for (const double value : {measure.loss_nats, measure.accuracy, measure.kl_nats}) {
        fields.push_back(csv_number(value));
      }
    }
    for (const AmnesicDifference& found :
         {layer.over_base, layer.over_random, layer.over_restored}) {
      for (const double value :
           {found.mean_nats, found.low_nats, found.high_nats, found.p, found.p_holm}) {
        fields.push_back(csv_number(value));
      }
    }
    csv += csv_record(fields);
  }
  return csv;
}

}  // namespace headlens
