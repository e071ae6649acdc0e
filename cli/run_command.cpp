#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/terminal.h"
#include "headlens/results/json.h"
#include "headlens/run/predict.h"

namespace headlens::cli {
namespace {

struct RunOptionsOfCommand {
  CommonOptions common;
  int top = 10;
};

void run_model(const RunOptionsOfCommand& options) {
  Session session = options.common.open();
  const Prompt prompt = options.common.tokenize(session);
  RunResult result = predict(session, prompt, options.top);
  options.common.complete(result.provenance, session, prompt);
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    write_file(options.common.out / "run.json", json);
    write_file(options.common.out / "run.csv", run_csv(result));
  }
  fmt::print("{}", options.common.json ? json : run_table(result, terminal_width()));
}

}  // namespace

void add_run_command(CLI::App& program) {
  auto options = std::make_shared<RunOptionsOfCommand>();
  CLI::App* command = program.add_subcommand("run", "Next-token probabilities of a prompt");
  options->common.add_to(*command);
  command->add_option("-k,--top", options->top, "How many tokens to show")->capture_default_str();
  command->footer(
      "Example:\n  headlens run 'The capital of France is' --model smollm2-135m --top 3");
  command->callback([options] { run_model(*options); });
}

}  // namespace headlens::cli
