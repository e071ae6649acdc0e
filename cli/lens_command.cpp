#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/lenses/logit_lens.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/lens_figure.h"
#include "headlens/reports/terminal.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct LensOptions {
  CommonOptions common;
  int top = 5;
  std::vector<int> positions;
  bool all_positions = false;
  bool no_final_norm = false;
  bool screened = false;
  std::string format = "png";
};

void show_lens(const LensOptions& options) {
  Session session = options.common.open();
  const Prompt prompt = options.common.tokenize(session);
  LensResult result = logit_lens(
      session, prompt,
      {.top_k = options.top,
       .final_norm = !options.no_final_norm,
       .positions = options.positions,
       .all_positions = options.all_positions,
       .products = options.screened ? VocabularyProducts::bf16_screened : VocabularyProducts::f32});
  options.common.complete(result.provenance, session, prompt);
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    write_file(options.common.out / "lens.json", json);
    write_file(options.common.out / "lens.csv", lens_csv(result));
    write_lens_figure(options.common.out / ("lens." + options.format), result);
  }
  fmt::print("{}", options.common.json ? json : lens_table(result, terminal_width(), options.top));
}

}  // namespace

void add_lens_command(CLI::App& program) {
  auto options = std::make_shared<LensOptions>();
  CLI::App* command =
      program.add_subcommand("lens", "Logit lens: what the model would predict at every layer");
  options->common.add_to(*command);
  command->add_option("-k,--top", options->top, "How many tokens to show")->capture_default_str();
  command
      ->add_option("-p,--position", options->positions,
                   "Token positions, e.g. 0,3,-1 (negative from the end); default the last")
      ->delimiter(',');
  command->add_flag("--all-positions", options->all_positions, "Every position of the prompt");
  command->add_flag("--no-final-norm", options->no_final_norm,
                    "Leave out the final norm before the unembedding (but at the last layer)");
  command->add_flag("--screened", options->screened,
                    "Find candidates by bf16 products and score them exactly: the same top "
                    "tokens, faster for many positions");
  add_picture_format(*command, options->format);
  command->footer(
      "Example:\n  headlens lens 'The Eiffel Tower is in' --model smollm2-135m --top 3");
  command->callback([options] { show_lens(*options); });
}

}  // namespace headlens::cli
