#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/reports/effect_table.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTokenColumns = 20;

std::string number(double value) { return fmt::format("{:.4f}", value); }
std::string change(double value) { return fmt::format("{:+.4f}", value); }

std::string both_metrics(const SweepQuestion& question, double clean, double corrupt) {
  return fmt::format("{}: clean {}, corrupt {}\n", metric_name(question), number(clean),
                     number(corrupt));
}

std::string quality_line(const EstimateQuality& quality) {
  if (quality.verified == 0) {
    return "nothing was patched exactly: estimates may be wrong in size, order and sign\n";
  }
  return fmt::format(
      "of {} patched exactly: rank correlation {:.2f}, mean error {:.4f} beside a mean effect of "
      "{:.4f}\n",
      quality.verified, quality.rank_correlation, quality.mean_absolute_error,
      quality.mean_absolute_effect);
}

}  // namespace

std::string path_table(const PathResult& result, int width, int most) {
  const double edited = result.edited_metric();
  std::vector<std::size_t> order(result.edges.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) {
    return std::abs(result.edges[i].value.value_or(edited) - edited);
  });
  order.resize(std::min<std::size_t>(order.size(), most));
  TextTable table({{.title = "sender", .shrinks = true},
                   {.title = "receiver", .shrinks = true},
                   {.title = "value", .align = Align::kRight},
                   {.title = "change", .align = Align::kRight}});
  for (const std::size_t i : order) {
    const EdgeEffect& edge = result.edges[i];
    table.add_row({edge.sender, edge.receiver, number(*edge.value), change(*edge.value - edited)});
  }
  return fmt::format("path patching ({}), {} edges\n", result.direction, result.edges.size()) +
         both_metrics(result.question, result.clean_metric, result.corrupt_metric) + "\n" +
         table.to_text(width);
}

std::string attribution_table(const AttributionResult& result, int width) {
  TextTable table({{.title = "place", .shrinks = true},
                   {.title = "estimate", .align = Align::kRight},
                   {.title = "exact change", .align = Align::kRight}});
  for (const VerifiedEstimate& one : result.verified) {
    table.add_row({one.place, change(one.estimate), change(one.effect)});
  }
  return fmt::format("attribution of {} ({}, {}), {} places\n", result.site, result.direction,
                     result.method, result.estimates.values.size()) +
         both_metrics(result.question, result.clean_metric, result.corrupt_metric) +
         quality_line(result.quality) + "\n" + table.to_text(width);
}

std::string edge_attribution_table(const EdgeAttributionResult& result, int width, int most) {
  TextTable table({{.title = "sender", .shrinks = true},
                   {.title = "receiver", .shrinks = true},
                   {.title = "estimate", .align = Align::kRight},
                   {.title = "exact change", .align = Align::kRight}});
  const double edited = result.paths.edited_metric();
  for (const EdgeEffect& edge : result.paths.edges) {
    if (most-- <= 0) break;
    table.add_row({edge.sender, edge.receiver, change(edge.estimate.value_or(0)),
                   edge.value ? change(*edge.value - edited) : "not patched"});
  }
  return fmt::format("attribution of edges ({}, {}), {} edges\n", result.paths.direction,
                     result.method, result.n_edges) +
         both_metrics(result.paths.question, result.paths.clean_metric,
                      result.paths.corrupt_metric) +
         quality_line(result.quality) + "\n" + table.to_text(width);
}

std::string steer_table(const SteerResult& result, int width) {
  std::string text = fmt::format(
      "{:+g} times the vector at {} of layer {}: length {:.2f}, beside activations of {:.2f}\n"
      "KL(base || steered) of the next token: {:.4f} nats\n\n",
      result.scale, result.site, result.layer, result.vector_norm, result.activation_norm,
      result.kl_nats);
  TextTable table({{.title = "base", .shrinks = true},
                   {.title = "probability", .align = Align::kRight},
                   {.title = "steered", .shrinks = true},
                   {.title = "probability", .align = Align::kRight}});
  for (std::size_t i = 0; i < result.base_top.size(); ++i) {
    table.add_row({token_label(result.base_top[i].token, kTokenColumns),
                   number(result.base_top[i].probability),
                   token_label(result.steered_top[i].token, kTokenColumns),
                   number(result.steered_top[i].probability)});
  }
  text += table.to_text(width);
  if (result.base_text.empty() && result.steered_text.empty()) return text;
  return text + fmt::format("\nbase:    {}\nsteered: {}\n", one_line(result.base_text, width - 9),
                            one_line(result.steered_text, width - 9));
}

}  // namespace headlens
