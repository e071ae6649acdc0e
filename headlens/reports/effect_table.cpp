#include "headlens/reports/effect_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/reports/number_text.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTokenColumns = 20;

/// "L13H8", "L3 position 5 (cat)", "L3H1 query 5 (cat) key 2 (the)".
std::string place_name(const std::vector<GridAxis>& axes, std::size_t index,
                       const PromptTokens* prompt) {
  std::string name;
  std::size_t stride = 1;
  for (const GridAxis& axis : axes) stride *= axis.indices.size();
  for (const GridAxis& axis : axes) {
    stride /= axis.indices.size();
    const int at = axis.indices[index / stride % axis.indices.size()];
    if (axis.name == "layer") name += fmt::format("L{}", at);
    if (axis.name == "head") name += fmt::format("H{}", at);
    if (axis.name == "layer" || axis.name == "head") continue;
    name += fmt::format(" {} {}", axis.name, at);
    if (prompt == nullptr) continue;
    name += fmt::format(" ({})", token_label(prompt->tokens[at].text, kTokenColumns));
  }
  return name;
}

std::vector<std::size_t> furthest_from(const EffectGrid& grid, double base, int most) {
  std::vector<std::size_t> order(grid.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::size_t i) { return std::isnan(grid.values[i]); });
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return std::abs(grid.values[i] - base); });
  order.resize(std::min<std::size_t>(order.size(), most));
  return order;
}

}  // namespace

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

std::string alignment_text(const PatchResult& result) {
  if (result.partners.empty()) return "";
  const auto name = [](const PromptTokens& prompt, std::size_t i) {
    return fmt::format("{} ({})", i, token_label(prompt.tokens[i].text, kTokenColumns));
  };
  const PromptTokens &edited = result.edited_prompt(), &source = result.source_prompt();
  std::vector<std::string> pairs, alone, unused;
  std::vector<bool> used(source.tokens.size());
  for (std::size_t i = 0; i < result.partners.size(); ++i) {
    const int partner = result.partners[i];
    if (partner < 0) {
      alone.push_back(name(edited, i));
      continue;
    }
    used[partner] = true;
    if (edited.tokens[i].id == source.tokens[partner].id) continue;
    pairs.push_back(fmt::format("{} gets {}", name(edited, i), name(source, partner)));
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) unused.push_back(name(source, i));
  }
  const auto list = [](const std::vector<std::string>& items) {
    return items.empty() ? std::string("none") : fmt::format("{}", fmt::join(items, ", "));
  };
  return fmt::format(
      "aligned, with positions of the edited run; tokens that differ: {}\n"
      "without a partner, not patched: {}\nof the other run, not used: {}\n",
      list(pairs), list(alone), list(unused));
}

std::string ablation_table(const AblationResult& result, int width, int most) {
  const std::string metric = metric_name(result.question);
  const std::string what = fmt::format("{} ablation of {}", result.kind, result.site);
  if (result.grid.axes.empty()) {
    std::string places;
    for (const std::string& place : result.ablated) places += " " + place;
    const double value = result.grid.values.front();
    return fmt::format("{}:{}\n{}: {} without ablation, {} with it ({})\n{}", what, places, metric,
                       number_text(result.base), number_text(value),
                       change_text(value - result.base), deviation_line(result.provenance));
  }
  std::string text =
      fmt::format("{}, {} places\n{}: {} without ablation\n{}\n", what, result.grid.values.size(),
                  metric, number_text(result.base), deviation_line(result.provenance));
  TextTable table({{.title = "ablated", .shrinks = true},
                   {.title = "value", .align = Align::kRight},
                   {.title = "change", .align = Align::kRight}});
  for (const std::size_t i : furthest_from(result.grid, result.base, most)) {
    const double value = result.grid.values[i];
    table.add_row({place_name(result.grid.axes, i, &result.prompt), number_text(value),
                   change_text(value - result.base)});
  }
  return text + table.to_text(width);
}

std::string patch_table(const PatchResult& result, int width, int most) {
  const bool denoise = result.direction == "denoise";
  const double edited = denoise ? result.corrupt_metric : result.clean_metric;
  std::string text = fmt::format(
      "patching {} of the {} run into the {} one, {} places\n{}: clean {}, corrupt {}\n{}\n",
      result.site, denoise ? "clean" : "corrupt", denoise ? "corrupt" : "clean",
      result.grid.values.size(), metric_name(result.question), number_text(result.clean_metric),
      number_text(result.corrupt_metric),
      deviation_line(result.provenance) + alignment_text(result));
  TextTable table({{.title = "patched", .shrinks = true},
                   {.title = "value", .align = Align::kRight},
                   {.title = "normalized", .align = Align::kRight}});
  for (const std::size_t i : furthest_from(result.grid, edited, most)) {
    const double value = result.grid.values[i];
    table.add_row({place_name(result.grid.axes, i, &result.grid_prompt()), number_text(value),
                   fmt::format("{:.3f}", result.normalized(value))});
  }
  return text + table.to_text(width);
}

std::string study_table(const StudyResult& result, int width, int most) {
  constexpr double kLevel = 0.05;
  std::string text =
      fmt::format("{} of {} ({}), {} prompts, {} dropped\n{} of the runs left alone: {} [{}, {}]\n",
                  result.analysis, result.site, result.kind, result.n_prompts,
                  result.dropped.size(), result.metric, number_text(result.base_mean),
                  number_text(result.base_low), number_text(result.base_high));
  if (std::isfinite(result.accuracy)) {
    text += fmt::format("the clean run prefers the answer in {:.1f}% of prompts\n",
                        100 * result.accuracy);
  }
  text += deviation_line(result.provenance);
  text += fmt::format(
      "of {} places, {} count at {} after Holm's correction and {} after Benjamini-Hochberg's\n\n",
      result.places.size(), count_significant(result, &PlaceEffect::p_holm, kLevel), kLevel,
      count_significant(result, &PlaceEffect::p_bh, kLevel));
  std::vector<std::size_t> order(result.places.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return std::pair(result.places[i].p_holm, -std::abs(result.places[i].mean));
  });
  order.resize(std::min<std::size_t>(order.size(), most));
  TextTable table(
      {{.title = "place", .shrinks = true},
       {.title = "mean change", .align = Align::kRight},
       {.title = fmt::format("{:.0f}% interval", 100 * result.confidence), .align = Align::kRight},
       {.title = "d", .align = Align::kRight},
       {.title = "p (Holm)", .align = Align::kRight},
       {.title = "p (BH)", .align = Align::kRight}});
  for (const std::size_t i : order) {
    const PlaceEffect& place = result.places[i];
    table.add_row({place_name(result.axes, i, nullptr), change_text(place.mean),
                   fmt::format("[{}, {}]", number_text(place.low), number_text(place.high)),
                   fmt::format("{:.2f}", place.cohen_d), fmt::format("{:.2g}", place.p_holm),
                   fmt::format("{:.2g}", place.p_bh)});
  }
  return text + table.to_text(width);
}

}  // namespace headlens
