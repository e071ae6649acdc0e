#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/reports/effect_table.h"
#include "headlens/reports/number_text.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTokenColumns = 20;

std::string both_metrics(const SweepQuestion& question, double clean, double corrupt) {
  return fmt::format("{}: clean {}, corrupt {}\n", metric_name(question), number_text(clean),
                     number_text(corrupt));
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

std::string with_interval(double value, double low, double high) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", value, low, high);
}

std::string circuit_summary(const CircuitResult& result) {
  std::string text =
      fmt::format("{} prompts, {} dropped; mean {}: clean {}, corrupt {}\n",
                  result.n_ranked + result.n_tested, result.dropped.size(), result.metric,
                  number_text(result.clean_mean), number_text(result.corrupt_mean));
  if (std::isfinite(result.accuracy)) {
    text += fmt::format("the clean run prefers the answer in {:.1f}% of prompts\n",
                        100 * result.accuracy);
  }
  const CircuitPoint& circuit = result.circuit;
  if (!result.curve.empty()) {
    text += fmt::format(
        "{} ranked by {} on {} prompts; all that follows is exact, on the {} others\n"
        "CPR {}, CMD {}\n",
        result.kind, result.method, result.n_ranked, result.n_tested,
        with_interval(result.cpr, result.cpr_low, result.cpr_high),
        with_interval(result.cmd, result.cmd_low, result.cmd_high));
  }
  return text + fmt::format(
                    "circuit: {} of {} {} ({:.2f}%), {} edges live: faithfulness {} ({:.0f}% "
                    "interval)\ncompleteness: without the same parts, circuit and model differ by "
                    "{:.3f} on average, {:.3f} at most\n",
                    circuit.parts, result.n_parts, result.kind, 100 * circuit.share,
                    circuit.live_edges,
                    with_interval(circuit.faithfulness, circuit.low, circuit.high),
                    100 * result.confidence, result.incompleteness_mean, result.incompleteness_max);
}

TextTable curve_table(const CircuitResult& result) {
  TextTable table({{.title = result.kind, .align = Align::kRight},
                   {.title = "share", .align = Align::kRight},
                   {.title = "live edges", .align = Align::kRight},
                   {.title = "faithfulness", .align = Align::kRight}});
  for (const CircuitPoint& point : result.curve) {
    table.add_row({std::to_string(point.parts), fmt::format("{:.2f}%", 100 * point.share),
                   std::to_string(point.live_edges),
                   with_interval(point.faithfulness, point.low, point.high)});
  }
  return table;
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
    table.add_row(
        {edge.sender, edge.receiver, number_text(*edge.value), change_text(*edge.value - edited)});
  }
  return fmt::format("path patching ({}), {} edges\n", result.direction, result.edges.size()) +
         both_metrics(result.question, result.clean_metric, result.corrupt_metric) +
         deviation_line(result.provenance) + "\n" + table.to_text(width);
}

std::string attribution_table(const AttributionResult& result, int width) {
  TextTable table({{.title = "place", .shrinks = true},
                   {.title = "estimate", .align = Align::kRight},
                   {.title = "exact change", .align = Align::kRight}});
  for (const VerifiedEstimate& one : result.verified) {
    table.add_row({one.place, change_text(one.estimate), change_text(one.effect)});
  }
  return fmt::format("attribution of {} ({}, {}), {} places\n", result.site, result.direction,
                     result.method, result.estimates.values.size()) +
         both_metrics(result.question, result.clean_metric, result.corrupt_metric) +
         deviation_line(result.provenance) + quality_line(result.quality) + "\n" +
         table.to_text(width);
}

std::string edge_attribution_table(const EdgeAttributionResult& result, int width, int most) {
  TextTable table({{.title = "sender", .shrinks = true},
                   {.title = "receiver", .shrinks = true},
                   {.title = "estimate", .align = Align::kRight},
                   {.title = "exact change", .align = Align::kRight}});
  const double edited = result.paths.edited_metric();
  for (const EdgeEffect& edge : result.paths.edges) {
    if (most-- <= 0) break;
    table.add_row({edge.sender, edge.receiver, change_text(edge.estimate.value_or(0)),
                   edge.value ? change_text(*edge.value - edited) : "not patched"});
  }
  return fmt::format("attribution of edges ({}, {}), {} edges\n", result.paths.direction,
                     result.method, result.n_edges) +
         both_metrics(result.paths.question, result.paths.clean_metric,
                      result.paths.corrupt_metric) +
         deviation_line(result.paths.provenance) + quality_line(result.quality) + "\n" +
         table.to_text(width);
}

std::string circuit_table(const CircuitResult& result, int width, int most) {
  std::string text = circuit_summary(result);
  if (!result.curve.empty()) text += "\n" + curve_table(result).to_text(width);
  TextTable table({{.title = "part of the circuit", .shrinks = true},
                   {.title = "score (estimate)", .align = Align::kRight},
                   {.title = "lost without it", .align = Align::kRight}});
  for (const CircuitPart& part : result.parts) {
    if (most-- <= 0) break;
    table.add_row({part.name, std::isfinite(part.score) ? change_text(part.score) : "",
                   std::isfinite(part.minimality) ? fmt::format("{:.3f}", part.minimality) : ""});
  }
  return text + "\n" + table.to_text(width);
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
                   number_text(result.base_top[i].probability),
                   token_label(result.steered_top[i].token, kTokenColumns),
                   number_text(result.steered_top[i].probability)});
  }
  text += table.to_text(width);
  if (result.base_text.empty() && result.steered_text.empty()) return text;
  return text + fmt::format("\nbase:    {}\nsteered: {}\n", one_line(result.base_text, width - 9),
                            one_line(result.steered_text, width - 9));
}

}  // namespace headlens
