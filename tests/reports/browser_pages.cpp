// reports_browser_pages FOLDER: writes the pages that browser_test.py opens, and beside each a JSON
// with what it must show.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/reports/html_report.h"
#include "headlens/reports/token_label.h"
#include "headlens/results/json.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

Json reference(const ReportPage& page) {
  Json json = {{"labels", Json::array()}, {"layers", Json::array()}, {"weights", nullptr}};
  for (const TokenInfo& token : page.attention->prompt.tokens) {
    json["labels"].push_back(token_label(token.text, 24));
  }
  json["layers"] = page.attention->layers;
  json["heads"] = page.attention->pattern_LHQK.size(1);
  json["lens_cells"] =
      page.lens ? page.lens->layers.size() * page.lens->positions.size() : std::size_t{0};
  json["weights"] = Json::array();
  for (const float weight : page.attention->pattern_LHQK.values()) {
    json["weights"].push_back(std::isfinite(weight) ? Json(weight) : Json(nullptr));
  }
  return json;
}

void write(const std::filesystem::path& folder, const std::string& name, const ReportPage& page) {
  write_html_report(folder / (name + ".html"), page);
  write_file(folder / (name + ".json"), reference(page).dump());
}

void write_pages(const std::filesystem::path& folder) {
  const std::vector<std::string> tokens = numbered_tokens(14);
  RunResult run = run_of(tokens);
  run.classes = {{0, "positive", 0.9, 1}, {1, "negative", 0.1, -1}};
  const LensResult lens = lens_of(tokens, 7, {0, 3, 7, 13});
  const AttentionResult causal = attention_of(tokens, {0, 2, 5}, 9, causal_weight);
  write(folder, "causal", {&run, &causal, &lens});

  const AttentionResult both_ways =
      attention_of(numbered_tokens(6), {0, 1}, 3, [](int layer, int head, int query, int key) {
        if (query == 2 && key == 4) return std::nanf("");
        return static_cast<float>((layer * 5 + head * 7 + query * 11 + key * 13) % 50) / 49;
      });
  write(folder, "both_ways", {.attention = &both_ways});

  const LensResult hostile_lens = lens_of(hostile_tokens(), 3, {0, 1, 6, 8, 11, 14});
  const RunResult hostile_run = run_of(hostile_tokens());
  const AttentionResult hostile = attention_of(hostile_tokens(), {0}, 2, causal_weight);
  write(folder, "hostile", {&hostile_run, &hostile, &hostile_lens});

  const AttentionResult one = attention_of({"a"}, {0}, 1, causal_weight);
  write(folder, "one_token", {.attention = &one});

  const AttentionResult many = attention_of(numbered_tokens(200), {0}, 128, causal_weight);
  write_html_report(folder / "many.html", {.attention = &many});
  Json small = reference({.attention = &one});
  for (int token = 1; token < 200; ++token) small["labels"].push_back("·t" + std::to_string(token));
  small["labels"][0] = "t0";
  small["heads"] = 128;
  small["weights"] = nullptr;
  write_file(folder / "many.json", small.dump());
}

}  // namespace
}  // namespace headlens

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: reports_browser_pages FOLDER\n", stderr);
    return 2;
  }
  try {
    headlens::write_pages(argv[1]);
  } catch (const headlens::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
