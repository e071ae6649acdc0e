#include <fmt/core.h>

#include "cli/command.h"
#include "cli/sweep_options.h"
#include "cli/text_lines.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/interventions/pruning.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/pruning_picture.h"
#include "headlens/reports/pruning_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct PruneOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  std::string kind = "zero";
  std::filesystem::path data, reference;
  std::optional<int> steps;
  int orders = 3;
};

std::vector<PruningText> texts_of(const PruneOptions& options, const Session& session) {
  std::vector<PruningText> texts;
  if (options.data.empty()) {
    texts.push_back({.prompt = options.common.tokenize(session)});
    return texts;
  }
  for (TextLine& text : read_text_lines(options.common, session, options.data)) {
    texts.push_back({text.line, std::move(text.prompt)});
  }
  return texts;
}

PruningOptions pruning_options(const PruneOptions& options, const Session& session) {
  PruningOptions pruning{.replacement = parse_replacement(options.kind),
                         .steps = options.steps,
                         .random_orders = options.orders,
                         .seed = options.sweep.seed,
                         .sweep = options.sweep.sweep()};
  const bool needs_texts = pruning.replacement != Replacement::zero;
  if (needs_texts && options.reference.empty()) {
    throw UsageError(options.kind + " replacement needs texts; give a file with --reference");
  }
  if (needs_texts) pruning.reference = read_texts(options.common, session, options.reference);
  return pruning;
}

void show_pruning(const PruneOptions& options) {
  if (options.common.prompt.empty() == options.data.empty()) {
    throw UsageError(options.data.empty()
                         ? "the prompt is empty: give a text, or a file of them with --data"
                         : "give a prompt or a file of texts with --data, not both");
  }
  Session session = options.common.open();
  const std::vector<PruningText> texts = texts_of(options, session);
  PruningResult result = prune(session, texts, pruning_options(options, session));
  result.texts_file = options.data.string();
  options.common.complete(result.provenance, session, texts.front().prompt);
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    const std::filesystem::path& out = options.common.out;
    write_file(out / "pruning.json", json);
    write_file(out / "pruning.csv", pruning_csv(result));
    write_curve_figure(out / ("pruning." + options.sweep.format), picture_of(result));
  }
  fmt::print("{}", options.common.json ? json : pruning_table(result, terminal_width()));
}

}  // namespace

void add_prune_command(CLI::App& program) {
  auto options = std::make_shared<PruneOptions>();
  CLI::App* command = program.add_subcommand(
      "prune", "How the loss grows as heads are removed, least or most important first");
  options->common.add_to(*command, Required::no);
  options->sweep.add_work_to(*command);
  command->add_option("--data", options->data,
                      "Texts, one a line: the first half ranks heads, the rest is measured");
  command->add_option("--kind", options->kind, "What takes the place of a removed head")
      ->check(CLI::IsMember({"zero", "mean", "resample"}))
      ->capture_default_str();
  command->add_option("--reference", options->reference, "Texts for mean and resample, one a line");
  command
      ->add_option("--steps", options->steps,
                   "Steps from no head to all; default every head, but at most 64")
      ->check(CLI::PositiveNumber);
  command->add_option("--orders", options->orders, "Random orders to compare with")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->footer(
      "Example:\n  headlens prune 'It was the best of times, it was the worst of times.' --steps 8 "
      "--orders 1 --model smollm2-135m");
  command->callback([options] { show_pruning(*options); });
}

}  // namespace headlens::cli
