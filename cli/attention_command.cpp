#include <fmt/core.h>

#include "cli/attention_files.h"
#include "cli/command.h"
#include "headlens/attention/patterns.h"
#include "headlens/attention/token_attention.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/reports/attention_grid.h"
#include "headlens/reports/attention_heatmap.h"
#include "headlens/reports/terminal.h"
#include "headlens/reports/token_label.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct AttentionOptions {
  CommonOptions common;
  std::vector<int> layers;
  std::optional<int> layer, head;
  std::string format = "png";
  std::string color_map = "viridis";
  std::string from, to;
  double threshold = 0.1;
};

void check_exists(std::string_view what, int index, std::int64_t count, std::string_view model) {
  if (index >= 0 && index < count) return;
  throw UsageError(
      fmt::format("{} {} does not exist: {} has {}s 0 to {}", what, index, model, what, count - 1));
}

/// Everything that can be refused before the model runs and before any file is written.
void check_choices(const AttentionOptions& options, const Session& session) {
  const std::string& name = session.identity().name;
  const ModelSpec& spec = session.spec();
  color_map_named(options.color_map);
  if (options.head && !options.layer) throw UsageError("--head needs --layer");
  if (options.from.empty() != options.to.empty()) throw UsageError("--from and --to go together");
  if (options.layer && !options.common.has_out()) {
    throw UsageError("--layer draws a picture: say where with --out");
  }
  if (!(options.threshold >= 0 && options.threshold <= 1)) {
    throw UsageError("--threshold is a weight from 0 to 1");
  }
  for (const int layer : options.layers) check_exists("layer", layer, spec.n_layers(), name);
  if (options.layer) check_exists("layer", *options.layer, spec.n_layers(), name);
  if (options.head) check_exists("head", *options.head, spec.block().n_heads, name);
}

std::vector<int> layers_to_run(const AttentionOptions& options) {
  std::vector<int> layers = options.layers;
  const bool listed =
      !options.layer || layers.empty() || std::ranges::find(layers, *options.layer) != layers.end();
  if (!listed) layers.push_back(*options.layer);
  return layers;
}

std::string shape_and_tokens(const AttentionResult& result) {
  std::string text = fmt::format("shape {} (layers, heads, query, key)\ntokens",
                                 to_string(result.pattern_LHQK.shape()));
  for (const TokenInfo& token : result.prompt.tokens) text += " " + token_label(token.text);
  return text + "\n";
}

std::string heads_between(const AttentionOptions& options, const AttentionResult& result) {
  const int query = find_token(result.prompt, options.from, true);
  const int key = find_token(result.prompt, options.to, false);
  const auto heads = heads_attending(result, query, key, options.threshold);
  std::string text = fmt::format(
      "\n{} from '{}' (position {}) to '{}' (position {}) with more than {}\n",
      heads.size() == 1 ? "1 head attends" : fmt::format("{} heads attend", heads.size()),
      options.from, query, options.to, key, options.threshold);
  for (const HeadWeight& head : heads) {
    text += fmt::format("  L{}H{}  {:.3f}\n", head.layer, head.head, head.weight);
  }
  return text;
}

void draw(const AttentionOptions& options, const AttentionResult& result) {
  if (!options.layer) return;
  const FigureOptions figure{.color_map = color_map_named(options.color_map)};
  const std::string name =
      options.head
          ? fmt::format("attention_L{}_H{}.{}", *options.layer, *options.head, options.format)
          : fmt::format("attention_L{}.{}", *options.layer, options.format);
  const std::filesystem::path path = options.common.out / name;
  if (options.head) {
    write_attention_heatmap(path, result, *options.layer, *options.head, figure);
  } else {
    write_attention_grid(path, result, *options.layer, figure);
  }
  if (!options.common.json) fmt::print("drew {}\n", path.string());
}

void show_attention(const AttentionOptions& options) {
  Session session = options.common.open();
  check_choices(options, session);
  const Prompt prompt = options.common.tokenize(session);
  AttentionResult result = attention_patterns(session, prompt, layers_to_run(options));
  options.common.complete(result.provenance, session, prompt);
  end_progress();
  std::string between = options.from.empty() ? "" : heads_between(options, result);
  std::vector<std::string> files;
  if (options.common.has_out()) files = write_attention_arrays(options.common.out, result);
  const std::string json = to_text(to_json(result, files));
  if (options.common.has_out()) write_file(options.common.out / "attention.json", json);
  draw(options, result);
  if (options.common.json) {
    fmt::print("{}", json);
    return;
  }
  fmt::print("{}\n{}{}", shape_and_tokens(result), attention_summary(result, terminal_width()),
             between);
}

}  // namespace

void add_attention_command(CLI::App& program) {
  auto options = std::make_shared<AttentionOptions>();
  CLI::App* command =
      program.add_subcommand("attention", "Attention patterns as arrays and pictures");
  options->common.add_to(*command);
  command->add_option("--layers", options->layers, "Layers to extract, e.g. 0,3,5; default all")
      ->delimiter(',');
  command->add_option("--layer", options->layer, "Draw this layer: a grid of all its heads");
  command->add_option("--head", options->head, "Draw only this head of the layer");
  add_picture_format(*command, options->format);
  command->add_option("--color-map", options->color_map, "viridis, cividis or blues")
      ->capture_default_str();
  command->add_option("--from", options->from, "List heads that attend from this token ...");
  command->add_option("--to", options->to, "... to this token");
  command->add_option("--threshold", options->threshold, "... with more than this weight")
      ->capture_default_str();
  command->footer(
      "Example:\n  headlens attention 'The cat sat on the mat because it was comfortable' "
      "--model smollm2-135m --layer 13 --from it --to cat --out out/cat");
  command->callback([options] { show_attention(*options); });
}

}  // namespace headlens::cli
