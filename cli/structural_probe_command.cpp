#include <fmt/core.h>

#include "cli/command.h"
#include "cli/temporary_folder.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/structural_run.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/structural_picture.h"
#include "headlens/reports/structural_table.h"
#include "headlens/reports/tree_figure.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct StructuralProbeOptions {
  CommonOptions common;
  StructuralRequest request;
  std::string target = "both", pooling, format = "png";
  std::string dtype = "f32";
  std::int64_t sentence = 0;
};

StructuralRequest request_of(const StructuralProbeOptions& options, const Session& session) {
  StructuralRequest request = options.request;
  StructuralStudyOptions& study = request.study;
  for (int layer = 0;
       options.request.study.hidden_states.empty() && layer <= session.spec().n_layers(); ++layer) {
    study.hidden_states.push_back(layer);
  }
  for (const int layer : study.hidden_states) hidden_state_site(session.spec(), layer);
  study.distance = options.target != "depth";
  study.depth = options.target != "distance";
  if (options.sentence > 0) study.parse = options.sentence - 1;
  if (study.probe.rank > session.spec().d_model) study.probe.rank = 0;
  study.progress = terminal_progress();
  request.harvest.progress = terminal_progress();
  if (!options.pooling.empty()) request.harvest.pooling = parse_pooling(options.pooling);
  request.harvest.dtype = parse_harvest_dtype(options.dtype).value_or(DType::f32);
  request.harvest.special_tokens =
      options.common.no_special_tokens ? SpecialTokens::none : SpecialTokens::add;
  return request;
}

void write_files(const StructuralProbeOptions& options, const StructuralResult& result,
                 const std::string& json) {
  const std::filesystem::path& out = options.common.out;
  write_file(out / "structural_probe.json", json);
  write_file(out / "structural_probe.csv", structural_csv(result));
  if (result.layers[0].distance) {
    write_curve_figure(out / ("distance." + options.format), distance_picture(result));
  }
  if (result.layers[0].depth) {
    write_curve_figure(out / ("depth." + options.format), depth_picture(result));
  }
  if (result.parse) write_tree_figure(out / ("tree." + options.format), result, *result.parse);
}

void show_structural_probe(const StructuralProbeOptions& options) {
  Session session = options.common.open();
  StructuralRequest request = request_of(options, session);
  std::optional<TemporaryFolder> temporary;
  if (options.common.has_out()) {
    request.study.log = options.common.out / "structural_probe.log";
    request.study.probes = options.common.out / "probes";
    make_writable_folder(request.study.probes);
  } else {
    temporary.emplace();
  }
  StructuralResult result = run_structural(
      session, request, temporary ? temporary->path() : options.common.out / "states");
  result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) write_files(options, result, json);
  fmt::print("{}", options.common.json ? json : structural_table(result, terminal_width()));
}

void add_data_flags(CLI::App& command, StructuralProbeOptions& options) {
  StructuralRequest& request = options.request;
  command.add_option("--data", request.data,
                     "A .conllu file to train on; default sentences that a grammar makes");
  command.add_option("--test", request.test, "A .conllu file to test on");
  command.add_option("--validation", request.validation,
                     "A .conllu file that chooses the epoch and the learning rate");
  command.add_option("--test-share", request.test_share, "Of --data, where there is no --test")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--validation-share", request.validation_share,
                  "Of what is trained on, where there is no --validation")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--max-rows,--max-words", request.max_words,
                  "Only the beginning of --data, in whole sentences")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--max-test-rows,--max-test-words", request.max_test_words,
                  "As --max-words, of the other files")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--layers", request.study.hidden_states,
                  "Hidden states, 0 (embeddings) to the last; default all")
      ->delimiter(',');
  command.add_option("--pooling", options.pooling, "How a word's tokens become one state")
      ->check(CLI::IsMember({"last", "first", "mean", "max"}));
  command.add_option("--dtype", options.dtype, "Of the files of states")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->capture_default_str();
  command.add_flag("--skip", request.harvest.skip_unfit,
                   "Leave out sentences that the model cannot take whole");
}

void add_probe_flags(CLI::App& command, StructuralProbeOptions& options) {
  StructuralStudyOptions& study = options.request.study;
  study.probe.rank = 64;
  command.add_option("--target", options.target, "What is read from the states")
      ->check(CLI::IsMember({"distance", "depth", "both"}))
      ->capture_default_str();
  command
      .add_option("--rank", study.probe.rank, "Of the probe; 0, or more than the states have: full")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--standardize", study.standardize, "Columns of states, by the training words");
  command.add_option("--epochs", study.probe.epochs, "At most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--batch-size", study.probe.batch_sentences, "Sentences a step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--learning-rate", study.probe.adam.learning_rate, "Of Adam, at first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--random-model", options.request.random_model,
                   "Also probe the model with random weights, as a baseline");
  command.add_option("--seed", options.request.seed, "Of all that is drawn at random")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 53))
      ->capture_default_str();
  command.add_option("--resamples", study.resamples, "Of the bootstrap")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      .add_option("--sentence", options.sentence,
                  "Test sentence whose tree is shown, from 1; default a short one")
      ->check(CLI::PositiveNumber);
  add_picture_format(command, options.format);
}

}  // namespace

void add_structural_probe_command(CLI::App& program) {
  auto options = std::make_shared<StructuralProbeOptions>();
  CLI::App* command = program.add_subcommand(
      "structural-probe", "Whether a linear map of each layer's states holds the syntax tree");
  add_data_flags(*command, *options);
  add_probe_flags(*command, *options);
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens structural-probe --data en_ewt-ud-train.conllu --test "
      "en_ewt-ud-dev.conllu --max-words 8000 --layers 0,8,15 --out out/trees");
  command->callback([options] { show_structural_probe(*options); });
}

}  // namespace headlens::cli
