#include <fmt/core.h>

#include <charconv>
#include <map>

#include "cli/command.h"
#include "cli/sweep_options.h"
#include "cli/text_lines.h"
#include "headlens/base/errors.h"
#include "headlens/interventions/ablation.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct AblateOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  std::string heads;
  std::string site;
  std::string by;
  std::string kind = "zero";
  std::filesystem::path data;
};

/// "L5H3" -> layer 5, head 3; "L5" -> layer 5, all of it.
GridPlace parse_place(std::string_view text) {
  const auto fail = [&] {
    return UsageError("\"" + std::string(text) +
                      "\" is no head: write L5H3, several as L5H3,L2H1, "
                      "L5 for all of layer 5, or all for each head by itself");
  };
  GridPlace place;
  const char* const end = text.data() + text.size();
  if (text.empty() || (text[0] != 'L' && text[0] != 'l')) throw fail();
  auto [next, error] = std::from_chars(text.data() + 1, end, place.layer);
  if (error != std::errc()) throw fail();
  if (next == end) return place;
  if (*next != 'H' && *next != 'h') throw fail();
  const auto head = std::from_chars(next + 1, end, place.head);
  if (head.ec != std::errc() || head.ptr != end || place.head < 0) throw fail();
  return place;
}

std::vector<GridPlace> parse_places(std::string_view list) {
  std::vector<GridPlace> places;
  if (list.empty() || list == "all") return places;
  while (true) {
    const std::size_t comma = list.find(',');
    places.push_back(parse_place(list.substr(0, comma)));
    if (comma == std::string_view::npos) return places;
    list.remove_prefix(comma + 1);
  }
}

AblationOptions ablation_options(const AblateOptions& options, const Session& session) {
  static const std::map<std::string, GridColumns> kColumns{
      {"head", GridColumns::heads},
      {"position", GridColumns::positions},
      {"head-position", GridColumns::heads_and_positions},
      {"head-position-pair", GridColumns::heads_and_position_pairs},
      {"layer", GridColumns::whole}};
  AblationOptions ablation{.asked = options.sweep.asked(), .sweep = options.sweep.sweep()};
  ablation.site = parse_site_kind(options.site);
  ablation.together = parse_places(options.heads);
  const bool has_heads = site_has_heads(ablation.site);
  ablation.columns = kColumns.at(!options.by.empty() ? options.by : has_heads ? "head" : "layer");
  ablation.replacement = parse_replacement(options.kind);
  ablation.reference = read_texts(options.common, session, options.data);
  ablation.seed = options.sweep.seed;
  return ablation;
}

void show_ablation(const AblateOptions& options) {
  if (options.common.prompt.empty() != options.sweep.has_prompts()) {
    throw UsageError("the prompt is empty: give a text, or a set of them with --prompts");
  }
  Session session = options.common.open();
  const AblationOptions ablation = ablation_options(options, session);
  if (options.sweep.has_prompts()) {
    return show_study(study_ablation(session, read_prompt_set(options.sweep.prompts), ablation,
                                     options.sweep.study(options.common)),
                      options.common, options.sweep);
  }
  const Prompt prompt = options.common.tokenize(session);
  AblationResult result = ablate(session, prompt, ablation);
  options.common.complete(result.provenance, session, prompt);
  end_progress();
  const std::string json = to_text(to_json(result));
  std::optional<EffectPicture> picture;
  if (!result.grid.axes.empty()) picture = picture_of(result);
  write_sweep("ablation", json, ablation_csv(result), picture, options.common, options.sweep);
  fmt::print("{}", options.common.json ? json : ablation_table(result, terminal_width()));
}

}  // namespace

void add_ablate_command(CLI::App& program) {
  auto options = std::make_shared<AblateOptions>();
  CLI::App* command = program.add_subcommand(
      "ablate", "What the model answers with heads, MLPs, layers or positions put out of action");
  options->common.add_to(*command, Required::no);
  options->sweep.add_to(*command);
  command
      ->add_option("--heads", options->heads,
                   "all: each by itself; or some together: L5H3,L2H1; L5 for a whole layer")
      ->default_str("all");
  command->add_option("--site", options->site, "Where: z (heads), mlp_out, attn_out, resid_pre ...")
      ->default_val("z");
  command->add_option("--by", options->by, "What the grid has in each layer")
      ->check(CLI::IsMember({"head", "position", "head-position", "head-position-pair", "layer"}));
  command->add_option("--kind", options->kind, "What takes the place of the activation")
      ->check(CLI::IsMember({"zero", "mean", "resample"}))
      ->capture_default_str();
  command->add_option("--data", options->data, "Texts for mean and resample, one a line");
  command->footer(
      "Example:\n  headlens ablate 'The nurse told the doctor that she was' --heads L5H3 "
      "--answer ' ready' --model smollm2-135m");
  command->callback([options] { show_ablation(*options); });
}

}  // namespace headlens::cli
