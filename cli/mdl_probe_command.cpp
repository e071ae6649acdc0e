#include <fmt/core.h>

#include "cli/command.h"
#include "cli/corpus_flags.h"
#include "cli/temporary_folder.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/mdl_study.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/mdl_picture.h"
#include "headlens/reports/mdl_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct MdlProbeOptions {
  CommonOptions common;
  CorpusFlags corpus;
  MdlRequest request;
  OnlineLogistic logistic;
  OnlineAdam adam;
  std::string code = "online", probe = "logistic", format = "png";
  bool raw = false, no_control = false, notebook = false;
};

OnlineProbe probe_of(const MdlProbeOptions& options) {
  if (options.probe == "logistic") {
    OnlineLogistic logistic = options.logistic;
    logistic.standardize = !options.raw;
    return logistic;
  }
  OnlineAdam adam = options.adam;
  if (options.probe == "linear-adam") adam.probe.hidden = 0;
  return adam;
}

MdlRequest request_of(const MdlProbeOptions& options, const Session& session) {
  MdlRequest request = options.request;
  request.corpus = options.corpus.corpus;
  request.harvest = options.corpus.options_for(session, options.common.no_special_tokens);
  request.study.code = options.code == "online" ? MdlCodeKind::online : MdlCodeKind::variational;
  request.study.probe = probe_of(options);
  request.study.control = !options.no_control;
  request.study.seed = request.corpus.seed;
  request.study.progress = terminal_progress();
  return request;
}

void write_files(const MdlProbeOptions& options, const MdlResult& result, const std::string& json) {
  const std::filesystem::path& out = options.common.out;
  write_file(out / "mdl_probe.json", json);
  write_file(out / "mdl_probe.csv", mdl_csv(result));
  write_curve_figure(out / ("mdl_probe." + options.format), picture_of(result));
  if (result.code != "online") return;
  write_file(out / "portions.csv", mdl_portions_csv(result));
  write_curve_figure(out / ("portions." + options.format), portions_picture(result));
}

void show_mdl_probe(const MdlProbeOptions& options) {
  if (options.notebook && options.code != "online") {
    throw UsageError("--voita-notebook is of the online code");
  }
  Session session = options.common.open();
  MdlRequest request = request_of(options, session);
  std::optional<TemporaryFolder> temporary;
  std::filesystem::path states = options.common.out / "states";
  if (options.common.has_out()) {
    request.study.log = options.common.out / "mdl_probe.log";
    make_writable_folder(states);
  } else {
    states = temporary.emplace().path();
  }
  MdlResult result = run_mdl(session, request, states);
  result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) write_files(options, result, json);
  fmt::print("{}",
             options.common.json ? json : mdl_table(result, terminal_width(), options.notebook));
}

void add_data_flags(CLI::App& command, MdlProbeOptions& options) {
  options.corpus.add_to(command);
  command.add_option("--labels", options.request.labels.column,
                     "Which column of the data is sent; default the only one");
  command
      .add_option("--max-rows,--max-words", options.request.max_rows,
                  "Only the beginning of the data, in whole sentences")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--min-class", options.request.labels.min_class_rows,
                  "Leave out classes with fewer rows, and count them")
      ->check(CLI::NonNegativeNumber);
}

void add_code_flags(CLI::App& command, MdlProbeOptions& options) {
  command.add_option("--code", options.code, "How labels are sent")
      ->check(CLI::IsMember({"online", "variational"}))
      ->capture_default_str();
  command.add_option("--probe", options.probe, "Of the online code")
      ->check(CLI::IsMember({"logistic", "linear-adam", "mlp"}))
      ->capture_default_str();
  command.add_option("--c", options.logistic.c, "Inverse strength of the logistic probe's penalty")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--raw", options.raw,
                   "Columns as they are, instead of standardised by the rows that were sent");
  options.adam.probe.hidden = 256;
  command.add_option("--hidden", options.adam.probe.hidden, "Width of the MLP")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--dropout", options.adam.probe.dropout, "Of the MLP, in training")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command.add_option("--epochs", options.adam.probe.epochs, "Of probes by Adam")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--no-control", options.no_control, "Without the control task");
  command
      .add_option("--seeds", options.request.study.seeds,
                  "Orders of the sentences, and control tasks")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("--voita-notebook", options.notebook,
                   "Also the number that Voita and Titov's notebook prints as kbits, which adds "
                   "nats to bits");
  add_picture_format(command, options.format);
}

}  // namespace

void add_mdl_probe_command(CLI::App& program) {
  auto options = std::make_shared<MdlProbeOptions>();
  CLI::App* command = program.add_subcommand(
      "mdl-probe", "How short labels become when a layer's states are known: code lengths in bits");
  add_data_flags(*command, *options);
  add_code_flags(*command, *options);
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens mdl-probe --task lab-pos --layers 0,6,12 --model smollm2-135m");
  command->callback([options] { show_mdl_probe(*options); });
}

}  // namespace headlens::cli
