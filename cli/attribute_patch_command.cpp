#include <fmt/core.h>

#include "cli/command.h"
#include "cli/grid_flags.h"
#include "cli/prompt_pair.h"
#include "cli/sweep_options.h"
#include "headlens/interventions/edge_attribution.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct AttributeOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  PromptPairOptions pair;
  std::string site;
  GridFlags grid;
  bool edges = false, exact_softmax = false;
  int steps = 0, verify = 10, keep = 1000;
};

std::string attribute_edges_text(const AttributeOptions& options, Session& session,
                                 const Prompt& clean, const Prompt& corrupt) {
  EdgeAttributionResult result = attribute_edges(session, clean, corrupt,
                                                 {.asked = options.sweep.asked(),
                                                  .direction = options.pair.patch_direction(),
                                                  .steps = options.steps,
                                                  .keep = options.keep,
                                                  .verify = options.verify,
                                                  .sweep = options.sweep.sweep()});
  options.common.complete(result.paths.provenance, session, clean);
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("edge_attribution", json, edges_csv(result.paths), std::nullopt, options.common,
              options.sweep);
  return options.common.json ? json : edge_attribution_table(result, terminal_width());
}

std::string attribute_nodes_text(const AttributeOptions& options, Session& session,
                                 const Prompt& clean, const Prompt& corrupt) {
  const SiteKind site = parse_site_kind(options.site);
  AttributionResult result = attribute_patch(session, clean, corrupt,
                                             {.asked = options.sweep.asked(),
                                              .site = site,
                                              .columns = options.grid.columns(site),
                                              .direction = options.pair.patch_direction(),
                                              .steps = options.steps,
                                              .exact_softmax = options.exact_softmax,
                                              .verify = options.verify,
                                              .sweep = options.sweep.sweep()});
  options.common.complete(result.provenance, session, clean);
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("attribution", json, attribution_csv(result), picture_of(result), options.common,
              options.sweep);
  return options.common.json ? json : attribution_table(result, terminal_width());
}

void show_attribution(const AttributeOptions& options) {
  options.pair.check();
  Session session = options.common.open();
  const Prompt clean = options.common.tokenize(session, options.pair.clean);
  const Prompt corrupt = options.common.tokenize(session, options.pair.corrupt);
  const auto text = options.edges ? attribute_edges_text : attribute_nodes_text;
  fmt::print("{}", text(options, session, clean, corrupt));
}

}  // namespace

void add_attribute_patch_command(CLI::App& program) {
  auto options = std::make_shared<AttributeOptions>();
  CLI::App* command = program.add_subcommand(
      "attribute-patch",
      "Attribution patching: estimates by gradients, the largest verified by exact patches");
  options->common.add_model_to(*command);
  options->sweep.add_to(*command);
  options->pair.add_to(*command);
  command->add_option("--site", options->site, "As of headlens patch")->default_val("z");
  options->grid.add_to(*command);
  command->add_flag("--edges", options->edges,
                    "Edges from every node to every later one (EAP) instead of a site");
  command
      ->add_option("--steps", options->steps,
                   "Integrated gradients over so many steps (EAP-IG); 0: the gradient at one run")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_flag("--exact-softmax", options->exact_softmax,
                    "For the sites q and k: compute the changed pattern exactly (AtP*)");
  command->add_option("--verify", options->verify, "How many of the largest to patch exactly")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command->add_option("--keep", options->keep, "How many edges the result lists")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  command->footer(
      "Example:\n  headlens attribute-patch --clean 'The capital of France is' --corrupt 'The "
      "capital of Italy is' --answer ' Paris' --foil ' Rome' --edges --steps 5 --model "
      "smollm2-135m");
  command->callback([options] { show_attribution(*options); });
}

}  // namespace headlens::cli
