#include <fmt/core.h>

#include "cli/command.h"
#include "cli/sweep_options.h"
#include "headlens/base/errors.h"
#include "headlens/interventions/circuit_study.h"
#include "headlens/reports/circuit_picture.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct CircuitCommandOptions {
  CommonOptions common;
  SweepCommandOptions sweep;
  std::vector<std::string> keep;
  std::string by = "edges";
  int steps = 5;
  double faithfulness = 0.85;
  int completeness = 8, minimality = 100, check_prompts = 64;
  int top = 20;
};

CircuitStudyOptions study_options(const CircuitCommandOptions& options) {
  const AskedFor asked = options.sweep.asked();
  CircuitStudyOptions study{.metric = asked.metric,
                            .keep = options.keep,
                            .steps = options.steps,
                            .wanted_faithfulness = options.faithfulness,
                            .completeness_checks = options.completeness,
                            .minimality_parts = options.minimality,
                            .check_prompts = options.check_prompts,
                            .study = options.sweep.study(options.common),
                            .sweep = options.sweep.sweep()};
  const bool edges = options.keep.empty() ? options.by == "edges" : names_an_edge(options.keep[0]);
  study.kind = edges ? CircuitKind::edges : CircuitKind::nodes;
  if (options.common.has_out()) study.study.log = options.common.out / "circuit_steps.jsonl";
  return study;
}

void show_circuit(const CircuitCommandOptions& options) {
  if (!options.sweep.has_prompts()) {
    throw UsageError("a circuit is judged on a set of prompts: give --prompts FILE");
  }
  if (options.sweep.bf16_deltas) throw UsageError("circuits run in f32: leave out --bf16-deltas");
  Session session = options.common.open();
  CircuitResult result =
      study_circuit(session, read_prompt_set(options.sweep.prompts), study_options(options));
  result.provenance.command_line = command_line();
  result.prompts_file = options.sweep.prompts.string();
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("circuit", json, circuit_csv(result), std::nullopt, options.common, options.sweep);
  if (options.common.has_out()) {
    write_curve_figure(options.common.out / ("circuit." + options.sweep.format),
                       picture_of(result));
  }
  fmt::print("{}",
             options.common.json ? json : circuit_table(result, terminal_width(), options.top));
}

}  // namespace

void add_circuit_command(CLI::App& program) {
  auto options = std::make_shared<CircuitCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "circuit", "How few edges or nodes do what the model does: faithfulness, completeness, size");
  options->common.add_model_to(*command);
  options->sweep.add_to(*command);
  command->add_option("--by", options->by, "What circuits are made of")
      ->check(CLI::IsMember({"edges", "nodes"}))
      ->capture_default_str();
  command
      ->add_option("--keep", options->keep,
                   "Judge this circuit: nodes as L3H4,L5MLP or edges as 'embed->L3H4.q'")
      ->delimiter(',');
  command
      ->add_option("--steps", options->steps,
                   "Of integrated gradients, which rank parts; 0: the gradient at the clean run")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      ->add_option("--faithfulness", options->faithfulness,
                   "Keep as few parts as reach this share of the clean answer")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      ->add_option("--completeness", options->completeness,
                   "Random halves to take from circuit and model alike")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      ->add_option("--minimality", options->minimality,
                   "Parts to take from the circuit one by one, those of largest score")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--check-prompts", options->check_prompts,
                   "Prompts that completeness and minimality are measured on, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--top", options->top, "Parts to print")->capture_default_str();
  command->footer(
      "Example:\n  headlens circuit --prompts examples/capitals.jsonl --by nodes --model "
      "smollm2-135m");
  command->callback([options] { show_circuit(*options); });
}

}  // namespace headlens::cli
