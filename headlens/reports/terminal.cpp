#include "headlens/reports/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "headlens/reports/head_summary.h"
#include "headlens/reports/lens_access.h"
#include "headlens/reports/table.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTokenColumns = 24;

/// Eighths of a block, so that small probabilities still differ.
std::string bar(double share, int columns) {
  constexpr std::array<const char*, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!std::isfinite(share)) return "";
  const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * 8 * columns));
  std::string blocks;
  for (int i = 0; i < eighths / 8; ++i) blocks += "█";
  return blocks + kEighths[eighths % 8];
}

std::string token_at(const PromptTokens& prompt, int position) {
  return token_label(prompt.tokens.at(position).text, kTokenColumns);
}

TextTable prediction_table(const std::vector<Prediction>& predictions, std::string title) {
  TextTable table({{.title = "", .align = Align::kRight},
                   {.title = std::move(title), .shrinks = true},
                   {.title = "probability", .align = Align::kRight},
                   {.title = ""}});
  constexpr int kBarColumns = 30;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    table.add_row({std::to_string(i + 1), token_label(predictions[i].token, kTokenColumns),
                   fmt::format("{:.4f}", predictions[i].probability),
                   bar(predictions[i].probability, kBarColumns)});
  }
  return table;
}

}  // namespace

std::string run_table(const RunResult& result, int width) {
  std::string text;
  if (!result.classes.empty()) text += prediction_table(result.classes, "class").to_text(width);
  if (!result.top.empty()) text += prediction_table(result.top, "token").to_text(width);
  return text;
}

std::string lens_table(const LensResult& result, int width, int top_k) {
  check_lens(result);
  std::vector<TableColumn> columns = {{.title = "layer", .align = Align::kRight}, {.title = ""}};
  for (int rank = 1; rank <= top_k; ++rank) {
    columns.push_back({.title = fmt::format("top {}", rank), .shrinks = true});
    columns.push_back({.title = "p", .align = Align::kRight});
  }
  TextTable table(columns);
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    const bool last = l + 1 == result.layers.size();
    std::vector<std::string> row = {std::to_string(result.layers[l]), last ? "output"
                                                                      : result.layers[l] == 0
                                                                          ? "embeddings"
                                                                          : ""};
    const std::vector<Prediction>& top = result.cells_LP[l].back().top;
    for (int rank = 0; rank < top_k; ++rank) {
      const bool there = rank < static_cast<int>(top.size());
      row.push_back(there ? token_label(top[rank].token, kTokenColumns) : "");
      row.push_back(there ? fmt::format("{:.3f}", top[rank].probability) : "");
    }
    table.add_row(std::move(row));
  }
  return table.to_text(width);
}

std::string attention_summary(const AttentionResult& result, int width, int max_heads) {
  TextTable table({{.title = "head"},
                   {.title = "strongest link", .shrinks = true},
                   {.title = "weight", .align = Align::kRight},
                   {.title = "to first", .align = Align::kRight},
                   {.title = "to previous", .align = Align::kRight},
                   {.title = "entropy (nats)", .align = Align::kRight}});
  std::vector<HeadSummary> summaries = summarize_heads(result);
  if (max_heads < static_cast<int>(summaries.size())) summaries.resize(std::max(max_heads, 0));
  for (const HeadSummary& head : summaries) {
    const std::string link =
        head.query < 0
            ? "none"
            : fmt::format("{} ({}) → {} ({})", isolated(token_at(result.prompt, head.query)),
                          head.query, isolated(token_at(result.prompt, head.key)), head.key);
    table.add_row({fmt::format("L{}H{}", head.layer, head.head), link,
                   head.query < 0 ? "" : fmt::format("{:.3f}", head.weight),
                   fmt::format("{:.2f}", head.first_share),
                   fmt::format("{:.2f}", head.previous_share),
                   fmt::format("{:.2f}", head.entropy_nats)});
  }
  return table.to_text(width);
}

}  // namespace headlens
