#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/probing/probe_apply.h"
#include "headlens/reports/probe_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct ProbeApplyOptions {
  CommonOptions common;
  std::filesystem::path probe;
  std::string text, unit;
};

void apply(ProbeApplyOptions options, bool has_model) {
  const SavedProbe saved = load_probe(options.probe);
  if (!has_model) options.common.model = saved.origin.model_name;
  Session session = options.common.open();
  ProbeLabels result =
      apply_probe(session, saved, options.text,
                  options.unit.empty() ? std::nullopt : parse_harvest_unit(options.unit));
  result.probe = options.probe.string();
  result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) write_file(options.common.out / "probe_labels.json", json);
  fmt::print("{}", options.common.json ? json : probe_labels_table(result, terminal_width()));
}

}  // namespace

void add_probe_apply_command(CLI::App& program) {
  auto options = std::make_shared<ProbeApplyOptions>();
  CLI::App* command =
      program.add_subcommand("probe-apply", "What a saved probe says of each word of a new text");
  command
      ->add_option("probe", options->probe, "A folder that headlens probe saved, or its probe.json")
      ->required();
  command->add_option("--text", options->text, "The text to label")->required();
  command->add_option("--unit", options->unit, "What is labelled; default what the probe learnt")
      ->check(CLI::IsMember({"word", "token", "sentence"}));
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens probe-apply out/lab-pos/probes/best --text 'The old dog slept.'");
  command->callback([options, command] { apply(*options, command->count("--model") > 0); });
}

}  // namespace headlens::cli
