#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/line_reader.h"
#include "headlens/probing/probe_apply.h"
#include "headlens/probing/structural_apply.h"
#include "headlens/reports/probe_table.h"
#include "headlens/reports/structural_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct ProbeApplyOptions {
  CommonOptions common;
  std::filesystem::path probe, data;
  std::string text, unit;

  /// Structural probes are single files, others folders with a probe.json.
  bool is_structural() const { return probe.extension() == ".safetensors"; }
};

/// Lines that are not empty, with their numbers; or the one text, as line 0.
std::pair<std::vector<std::string>, std::vector<int>> texts_of(const ProbeApplyOptions& options) {
  if (options.data.empty()) return {{options.text}, {0}};
  std::vector<std::string> texts;
  std::vector<int> lines;
  LineReader reader(options.data);
  while (const auto line = reader.next()) {
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    texts.emplace_back(*line);
    lines.push_back(static_cast<int>(reader.line()));
  }
  if (texts.empty()) throw UsageError(options.data.string() + " has no text");
  return {texts, lines};
}

/// Writes and prints what a probe said.
template <typename Result>
void publish(const ProbeApplyOptions& options, const char* file, Result result,
             std::string (*table)(const Result&, int width)) {
  result.probe = options.probe.string();
  result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) write_file(options.common.out / file, json);
  fmt::print("{}", options.common.json ? json : table(result, terminal_width()));
}

void apply_structural(ProbeApplyOptions options, bool has_model) {
  if (!options.unit.empty()) throw UsageError("structural probes are of words: leave out --unit");
  const SavedStructuralProbes saved = load_structural_probes(options.probe);
  const auto [texts, lines] = texts_of(options);
  if (!has_model) options.common.model = saved.origin.model_name;
  Session session = options.common.open();
  publish(options, "structural_parse.json", apply_structural_probes(session, saved, texts, lines),
          structural_parse_table);
}

void apply(ProbeApplyOptions options, bool has_model) {
  if (options.text.empty() == options.data.empty()) {
    throw UsageError("give a text with --text, or a file with a sentence a line with --data");
  }
  if (options.is_structural()) return apply_structural(std::move(options), has_model);
  if (!options.data.empty()) {
    throw UsageError(
        "--data is for structural probes; give a labelling probe its text with --text");
  }
  const SavedProbe saved = load_probe(options.probe);
  if (!has_model) options.common.model = saved.origin.model_name;
  Session session = options.common.open();
  publish(options, "probe_labels.json",
          apply_probe(session, saved, options.text,
                      options.unit.empty() ? std::nullopt : parse_harvest_unit(options.unit)),
          probe_labels_table);
}

}  // namespace

void add_probe_apply_command(CLI::App& program) {
  auto options = std::make_shared<ProbeApplyOptions>();
  CLI::App* command = program.add_subcommand(
      "probe-apply", "What a saved probe says of each word of a new text, or of its tree");
  command
      ->add_option("probe", options->probe,
                   "A folder that headlens probe saved, or its probe.json; or a file of "
                   "headlens structural-probe, probes/distance-layer-07.safetensors")
      ->required();
  command->add_option("--text", options->text, "The text to label");
  command->add_option("--data", options->data,
                      "For structural probes: a file with a sentence a line");
  command->add_option("--unit", options->unit, "What is labelled; default what the probe learnt")
      ->check(CLI::IsMember({"word", "token", "sentence"}));
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens probe-apply out/lab-pos/probes/best --text 'The old dog slept.'");
  command->callback([options, command] { apply(*options, command->count("--model") > 0); });
}

}  // namespace headlens::cli
