#include "headlens/reports/effect_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTokenColumns = 20;

/// "P(answer)" and the like, with the tokens themselves.
std::string metric_name(const SweepQuestion& question) {
  const std::string answer = token_label(question.answer.text, kTokenColumns);
  const std::string& metric = question.metric;
  if (metric == "probability") return fmt::format("P({})", answer);
  if (metric == "log-probability") return fmt::format("log P({}) (nats)", answer);
  if (metric == "logit-difference" && question.foil) {
    return fmt::format("logit {} - logit {}", answer,
                       token_label(question.foil->text, kTokenColumns));
  }
  if (metric == "kl") return "KL(base || edited) (nats)";
  if (metric == "js") return "Jensen-Shannon divergence (nats)";
  if (metric == "loss") return fmt::format("loss of {} (nats a token)", answer);
  return fmt::format("{} of {}", metric, answer);
}

/// "L13H8", "L3 position 5 (cat)".
std::string place_name(const EffectGrid& grid, std::size_t index, const PromptTokens& prompt) {
  std::string name;
  std::size_t stride = grid.values.size();
  for (const GridAxis& axis : grid.axes) {
    stride /= axis.indices.size();
    const int at = axis.indices[index / stride % axis.indices.size()];
    if (axis.name == "layer") name += fmt::format("L{}", at);
    if (axis.name == "head") name += fmt::format("H{}", at);
    if (axis.name != "position") continue;
    name +=
        fmt::format(" position {} ({})", at, token_label(prompt.tokens[at].text, kTokenColumns));
  }
  return name;
}

std::vector<std::size_t> furthest_from(const EffectGrid& grid, double base, int most) {
  std::vector<std::size_t> order(grid.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return std::abs(grid.values[i] - base); });
  order.resize(std::min<std::size_t>(order.size(), most));
  return order;
}

std::string number(double value) { return fmt::format("{:.4f}", value); }

}  // namespace

std::string ablation_table(const AblationResult& result, int width, int most) {
  const std::string metric = metric_name(result.question);
  const std::string what = fmt::format("{} ablation of {}", result.kind, result.site);
  if (result.grid.axes.empty()) {
    std::string places;
    for (const std::string& place : result.ablated) places += " " + place;
    const double value = result.grid.values.front();
    return fmt::format("{}:{}\n{}: {} without ablation, {} with it ({:+.4f})\n", what, places,
                       metric, number(result.base), number(value), value - result.base);
  }
  std::string text = fmt::format("{}, {} places\n{}: {} without ablation\n\n", what,
                                 result.grid.values.size(), metric, number(result.base));
  TextTable table({{.title = "ablated", .shrinks = true},
                   {.title = "value", .align = Align::kRight},
                   {.title = "change", .align = Align::kRight}});
  for (const std::size_t i : furthest_from(result.grid, result.base, most)) {
    const double value = result.grid.values[i];
    table.add_row({place_name(result.grid, i, result.prompt), number(value),
                   fmt::format("{:+.4f}", value - result.base)});
  }
  return text + table.to_text(width);
}

std::string patch_table(const PatchResult& result, int width, int most) {
  const bool denoise = result.direction == "denoise";
  const double edited = denoise ? result.corrupt_metric : result.clean_metric;
  std::string text = fmt::format(
      "patching {} of the {} run into the {} one, {} places\n{}: clean {}, corrupt {}\n\n",
      result.site, denoise ? "clean" : "corrupt", denoise ? "corrupt" : "clean",
      result.grid.values.size(), metric_name(result.question), number(result.clean_metric),
      number(result.corrupt_metric));
  TextTable table({{.title = "patched", .shrinks = true},
                   {.title = "value", .align = Align::kRight},
                   {.title = "normalized", .align = Align::kRight}});
  for (const std::size_t i : furthest_from(result.grid, edited, most)) {
    const double value = result.grid.values[i];
    table.add_row({place_name(result.grid, i, result.clean), number(value),
                   fmt::format("{:.3f}", result.normalized(value))});
  }
  return text + table.to_text(width);
}

}  // namespace headlens
