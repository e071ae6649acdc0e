#include <fmt/core.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/grid_flags.h"
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
  GridFlags grid;
  bool align = false;
  std::string sites;
};

/// The patches of every site that is named, all of one grid.
std::vector<PatchOptions> patch_options(const PatchCommandOptions& options) {
  std::vector<PatchOptions> all;
  std::string_view rest = options.sites;
  for (std::size_t comma = 0; comma != std::string_view::npos; rest.remove_prefix(comma + 1)) {
    comma = rest.find(',');
    const SiteKind site = parse_site_kind(rest.substr(0, comma));
    const bool named =
        std::ranges::any_of(all, [&](const PatchOptions& other) { return other.site == site; });
    if (named) throw UsageError("--site names " + site_kind_name(site) + " twice");
    all.push_back({.asked = options.sweep.asked(),
                   .site = site,
                   .columns = options.grid.columns(site),
                   .direction = options.pair.patch_direction(),
                   .align = options.align,
                   .sweep = options.sweep.sweep()});
    if (all.back().columns != all.front().columns) {
      throw UsageError("not all of the sites " + options.sites +
                       " have heads; give --by-position for all of them");
    }
    if (comma == std::string_view::npos) break;
  }
  return all;
}

void show_study_of(const PatchCommandOptions& options, const std::vector<PatchOptions>& patching,
                   Session& session) {
  if (patching.size() > 1) {
    throw UsageError("--prompts goes with one site; run the command once for each");
  }
  show_study(study_patch(session, read_prompt_set(options.sweep.prompts), patching.front(),
                         options.sweep.study(options.common)),
             options.common, options.sweep);
}

/// Writes patch.json and so on; with several sites, patch_SITE.json of each.
void write_patches(const PatchCommandOptions& options, const std::vector<PatchResult>& results) {
  for (const PatchResult& result : results) {
    write_sweep(results.size() > 1 ? "patch_" + result.site : "patch", to_text(to_json(result)),
                patch_csv(result), picture_of(result), options.common, options.sweep);
  }
}

std::string shown(const std::vector<PatchResult>& results, bool as_json) {
  if (as_json) return to_text(results.size() > 1 ? to_json(results) : to_json(results.front()));
  std::string text;
  for (const PatchResult& result : results) {
    text += (text.empty() ? "" : "\n") + patch_table(result, terminal_width());
  }
  return text;
}

void show_patch(const PatchCommandOptions& options) {
  const bool has_pair = !options.pair.clean.empty() && !options.pair.corrupt.empty();
  const bool has_any = !options.pair.clean.empty() || !options.pair.corrupt.empty();
  if (options.sweep.has_prompts() ? has_any : !has_pair) {
    throw UsageError("give --clean and --corrupt, or a set of prompts with --prompts");
  }
  if (options.align && options.sweep.has_prompts()) {
    throw UsageError("--align is for one pair; the prompts of a set need as many tokens");
  }
  const std::vector<PatchOptions> patching = patch_options(options);
  Session session = options.common.open();
  if (options.sweep.has_prompts()) return show_study_of(options, patching, session);
  const Prompt clean = options.common.tokenize(session, options.pair.clean);
  const Prompt corrupt = options.common.tokenize(session, options.pair.corrupt);
  std::vector<PatchResult> results;
  for (const PatchOptions& one : patching) {
    results.push_back(patch(session, clean, corrupt, one));
    options.common.complete(results.back().provenance, session, clean);
  }
  end_progress();
  write_patches(options, results);
  fmt::print("{}", shown(results, options.common.json));
}

}  // namespace

void add_patch_command(CLI::App& program) {
  auto options = std::make_shared<PatchCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "patch", "Activation patching: what one run answers with activations of another");
  options->common.add_model_to(*command);
  options->sweep.add_to(*command);
  options->pair.add_to(*command);
  options->grid.add_to(*command);
  command->add_flag("--align", options->align,
                    "Align prompts of different lengths; positions without a partner are left out");
  command
      ->add_option("--site", options->sites,
                   "resid_pre, resid_mid, attn_out, mlp_out, z, q, k, v, pattern ...; several as "
                   "resid_pre,attn_out,mlp_out")
      ->default_val("resid_pre");
  command->footer(
      "Example:\n  headlens patch --clean 'The capital of France is' --corrupt 'The capital of "
      "Italy is' --answer ' Paris' --foil ' Rome' --model smollm2-135m");
  command->callback([options] { show_patch(*options); });
}

}  // namespace headlens::cli
