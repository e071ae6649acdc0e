#include <fmt/core.h>

#include "cli/command.h"
#include "cli/prompt_pair.h"
#include "cli/sweep_options.h"
#include "headlens/interventions/path_patching.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct PathPatchOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  PromptPairOptions pair;
  std::vector<std::string> senders, receivers;
  int top = 10;
};

void show_path_patch(const PathPatchOptions& options) {
  options.pair.check();
  Session session = options.common.open();
  PathOptions path{.asked = options.sweep.asked(),
                   .direction = options.pair.patch_direction(),
                   .sweep = options.sweep.sweep()};
  for (const std::string& name : options.senders) {
    path.senders.push_back(parse_sender(name, session.spec()));
  }
  for (const std::string& name : options.receivers) {
    path.receivers.push_back(parse_receiver(name, session.spec()));
  }
  const Prompt clean = options.common.tokenize(session, options.pair.clean);
  const Prompt corrupt = options.common.tokenize(session, options.pair.corrupt);
  PathResult result = path_patch(session, clean, corrupt, path);
  options.common.complete(result.provenance, session, clean);
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("path_patch", json, edges_csv(result), std::nullopt, options.common, options.sweep);
  fmt::print("{}", options.common.json ? json : path_table(result, terminal_width(), options.top));
}

}  // namespace

void add_path_patch_command(CLI::App& program) {
  auto options = std::make_shared<PathPatchOptions>();
  CLI::App* command = program.add_subcommand(
      "path-patch", "Path patching: what a receiver makes of one sender's other output, exactly");
  options->common.add_model_to(*command);
  options->sweep.add_to(*command);
  options->pair.add_to(*command);
  command
      ->add_option("--sender", options->senders,
                   "embed, L3H4, L3MLP; several with commas; default every one")
      ->delimiter(',');
  command
      ->add_option("--receiver", options->receivers,
                   "L5H2.q, L5H2.k, L5H2.v, L5MLP, final; several with commas; default every one")
      ->delimiter(',');
  command->add_option("--top", options->top, "Edges to print")->capture_default_str();
  command->footer(
      "Example:\n  headlens path-patch --clean 'The capital of France is' --corrupt 'The capital "
      "of Italy is' --answer ' Paris' --foil ' Rome' --receiver final --model smollm2-135m");
  command->callback([options] { show_path_patch(*options); });
}

}  // namespace headlens::cli
