#include "headlens/reports/page_payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/reports/color_tables.h"
#include "headlens/reports/encode.h"
#include "headlens/reports/figure_text.h"
#include "headlens/reports/head_summary.h"
#include "headlens/reports/lens_access.h"
#include "headlens/reports/packed_attention.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/token_label.h"
#include "headlens/results/json.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr std::size_t kMostAttentionBytes = std::size_t{48} << 20;
constexpr std::size_t kMostLensPositions = 128;
constexpr std::size_t kMostRankedHeads = 12;
constexpr int kLabelColumns = 24;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double rounded(double value) { return std::round(value * 1e5) / 1e5; }

Json predictions_json(const std::vector<Prediction>& predictions) {
  Json list = Json::array();
  for (const Prediction& prediction : predictions) {
    list.push_back({{"label", token_label(prediction.token, kLabelColumns)},
                    {"probability", number(prediction.probability)}});
  }
  return list;
}

Json tokens_json(const PromptTokens& prompt) {
  Json tokens = Json::array();
  for (const TokenInfo& token : prompt.tokens) {
    tokens.push_back({{"label", token_label(token.text, kLabelColumns)},
                      {"id", token.id},
                      {"special", token.special}});
  }
  return tokens;
}

Json provenance_json(const Provenance& provenance, const PromptTokens& prompt) {
  Json rows = Json::array();
  const auto add = [&rows](const char* name, const std::string& value) {
    if (!value.empty()) rows.push_back({name, replace_invalid_utf8(value)});
  };
  add("Model", provenance.model_name);
  add("Read from", provenance.model_path);
  add("Family", provenance.model_family);
  add("SHA-256", provenance.model_sha256);
  add("Precision", provenance.precision);
  add("Its deviation", deviation_text(provenance));
  add("BOS", prompt.bos);
  std::string ids;
  for (const TokenInfo& token : prompt.tokens) ids += fmt::format("{} ", token.id);
  add("Token ids", ids);
  if (provenance.seed) add("Seed", std::to_string(*provenance.seed));
  add("Version", "headlens " + provenance.headlens_version);
  add("Made at", provenance.created_utc);
  return rows;
}

Json attention_json(const AttentionResult& result, const PackedAttention& packed) {
  Json ranked = Json::array();
  for (const HeadSummary& head : summarize_heads(result)) {
    if (ranked.size() == kMostRankedHeads || head.query < 0) break;
    ranked.push_back({head.layer, head.head, head.query, head.key, rounded(head.weight)});
  }
  return {{"layers", result.layers},
          {"heads", result.pattern_LHQK.size(1)},
          {"tokens", result.prompt.tokens.size()},
          {"cells", packed.cells},
          {"pool", packed.pool},
          {"lower", packed.lower},
          {"missing", packed.missing},
          {"ranked", ranked}};
}

Json lens_cell_json(const LensCell& cell) {
  Json top = Json::array();
  for (const Prediction& prediction : cell.top) {
    top.push_back({prediction.id, token_label(prediction.token, kLabelColumns),
                   number(rounded(prediction.probability))});
  }
  return top;
}

Json lens_json(const LensResult& result) {
  check_lens(result);
  const std::size_t count = result.positions.size();
  const std::size_t first = count > kMostLensPositions ? count - kMostLensPositions : 0;
  Json rows = Json::array();
  for (const auto& layer : result.cells_LP) {
    Json row = Json::array();
    for (std::size_t p = first; p < count; ++p) row.push_back(lens_cell_json(layer[p]));
    rows.push_back(std::move(row));
  }
  return {{"layers", result.layers},
          {"positions", std::vector<int>(result.positions.begin() + first, result.positions.end())},
          {"left_out", first},
          {"final_norm", result.final_norm},
          {"cells", std::move(rows)}};
}

void check_same_prompt(const ReportPage& page) {
  const PromptTokens& prompt = prompt_of(page);
  const auto same = [&prompt](const auto* part) {
    return part == nullptr || std::ranges::equal(prompt.tokens, part->prompt.tokens, {},
                                                 &TokenInfo::id, &TokenInfo::id);
  };
  if (same(page.run) && same(page.attention) && same(page.lens)) return;
  throw UsageError("page: its parts come from different prompts; make them from the same tokens");
}

void add_run(const RunResult& run, Json& json) {
  json["predictions"] = predictions_json(run.top);
  json["classes"] = predictions_json(run.classes);
  const bool there = run.position >= 0 && run.position < static_cast<int>(run.prompt.tokens.size());
  json["prediction_note"] =
      there
          ? fmt::format("At position {}, “{}”.", run.position,
                        isolated(token_label(run.prompt.tokens[run.position].text, kLabelColumns)))
          : "";
}

std::string palette_hex() {
  std::string hex;
  for (const std::uint32_t color : kViridisPacked) hex += fmt::format("{:06x}", color);
  return hex;
}

}  // namespace

const PromptTokens& prompt_of(const ReportPage& page) {
  if (page.run) return page.run->prompt;
  if (page.attention) return page.attention->prompt;
  if (page.lens) return page.lens->prompt;
  throw UsageError("page: nothing to show; give it a run, attention or a lens");
}

const Provenance& provenance_of(const ReportPage& page) {
  if (page.run) return page.run->provenance;
  if (page.attention) return page.attention->provenance;
  if (page.lens) return page.lens->provenance;
  throw UsageError("page: nothing to show; give it a run, attention or a lens");
}

std::string page_payload(const ReportPage& page) {
  check_same_prompt(page);
  const PromptTokens& prompt = prompt_of(page);
  const Provenance& provenance = provenance_of(page);
  Json json = {{"prompt", replace_invalid_utf8(prompt.text)},
               {"model", replace_invalid_utf8(provenance.model_name)},
               {"token_note", provenance_line(provenance, prompt)},
               {"tokens", tokens_json(prompt)},
               {"predictions", Json::array()},
               {"classes", Json::array()},
               {"prediction_note", ""},
               {"provenance", provenance_json(provenance, prompt)},
               {"command_line", replace_invalid_utf8(provenance.command_line)},
               {"palette", palette_hex()}};
  if (page.run) add_run(*page.run, json);
  PackedAttention packed;
  if (page.attention) {
    packed = pack_attention(*page.attention, kMostAttentionBytes);
    json["attention"] = attention_json(*page.attention, packed);
  }
  if (page.lens) json["lens"] = lens_json(*page.lens);
  const std::string text = json.dump();
  std::string payload;
  for (int byte = 0; byte < 4; ++byte)
    payload += static_cast<char>(text.size() >> (8 * byte) & 255);
  return gzip(payload + text + packed.bytes);
}

}  // namespace headlens
