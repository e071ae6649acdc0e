#include <fmt/core.h>

#include "cli/command.h"
#include "cli/prompt_pair.h"
#include "cli/sweep_options.h"
#include "headlens/base/errors.h"
#include "headlens/interventions/patching.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct PatchCommandOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  PromptPairOptions pair;
  std::string site;
  bool by_position = false, by_head = false;
};

PatchOptions patch_options(const PatchCommandOptions& options) {
  PatchOptions patching{.asked = options.sweep.asked(), .sweep = options.sweep.sweep()};
  patching.site = parse_site_kind(options.site);
  const bool has_heads = site_has_heads(patching.site);
  if (options.by_head && options.by_position) {
    patching.columns = GridColumns::heads_and_positions;
  } else if (options.by_head || (has_heads && !options.by_position)) {
    patching.columns = GridColumns::heads;
  }
  patching.direction = options.pair.patch_direction();
  return patching;
}

void show_patch(const PatchCommandOptions& options) {
  const bool has_pair = !options.pair.clean.empty() && !options.pair.corrupt.empty();
  const bool has_any = !options.pair.clean.empty() || !options.pair.corrupt.empty();
  if (options.sweep.has_prompts() ? has_any : !has_pair) {
    throw UsageError("give --clean and --corrupt, or a set of prompts with --prompts");
  }
  Session session = options.common.open();
  const PatchOptions patching = patch_options(options);
  if (options.sweep.has_prompts()) {
    return show_study(study_patch(session, read_prompt_set(options.sweep.prompts), patching,
                                  options.sweep.study(options.common)),
                      options.common, options.sweep);
  }
  const Prompt clean = options.common.tokenize(session, options.pair.clean);
  const Prompt corrupt = options.common.tokenize(session, options.pair.corrupt);
  PatchResult result = patch(session, clean, corrupt, patching);
  options.common.complete(result.provenance, session, clean);
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("patch", json, patch_csv(result), picture_of(result), options.common, options.sweep);
  fmt::print("{}", options.common.json ? json : patch_table(result, terminal_width()));
}

}  // namespace

void add_patch_command(CLI::App& program) {
  auto options = std::make_shared<PatchCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "patch", "Activation patching: what one run answers with activations of another");
  options->common.add_model_to(*command);
  options->sweep.add_to(*command);
  options->pair.add_to(*command);
  command
      ->add_option("--site", options->site,
                   "resid_pre, resid_mid, attn_out, mlp_out, z, q, k, v, pattern ...")
      ->default_val("resid_pre");
  command->add_flag("--by-position", options->by_position, "Each position by itself");
  command->add_flag("--by-head", options->by_head,
                    "Each head by itself; the default where there are heads");
  command->footer(
      "Example:\n  headlens patch --clean 'The capital of France is' --corrupt 'The capital of "
      "Italy is' --answer ' Paris' --foil ' Rome' --model smollm2-135m");
  command->callback([options] { show_patch(*options); });
}

}  // namespace headlens::cli
