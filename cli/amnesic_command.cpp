#include <fmt/core.h>

#include <optional>

#include "cli/command.h"
#include "cli/corpus_flags.h"
#include "cli/temporary_folder.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/amnesic_run.h"
#include "headlens/reports/amnesic_picture.h"
#include "headlens/reports/amnesic_table.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct AmnesicCommandOptions {
  CommonOptions common;
  CorpusFlags corpus;
  AmnesicRequest request;
  std::string method = "leace", places = "tokens", format = "png";
};

AmnesicRequest request_of(const AmnesicCommandOptions& options, const Session& session) {
  if (!options.corpus.sites.empty()) {
    throw UsageError("a concept is erased from hidden states: choose --layers, not --site");
  }
  AmnesicRequest request = options.request;
  request.corpus = options.corpus.corpus;
  request.harvest = options.corpus.options_for(session, options.common.no_special_tokens);
  request.places = parse_amnesic_places(options.places).value_or(AmnesicPlaces::tokens);
  request.study.layers = options.corpus.layers;
  request.study.method = parse_erasure_method(options.method).value_or(ErasureMethod::leace);
  request.study.seed = request.corpus.seed;
  request.study.progress = terminal_progress();
  if (options.common.has_out()) request.study.log = options.common.out / "amnesic.log";
  return request;
}

void show_amnesic(const AmnesicCommandOptions& options) {
  open_corpus(options.corpus.corpus);  // before the model, which takes longer to open
  Session session = options.common.open();
  const AmnesicRequest request = request_of(options, session);
  std::optional<TemporaryFolder> temporary;
  if (!options.common.has_out()) temporary.emplace();
  AmnesicResult result =
      run_amnesic(session, request, temporary ? temporary->path() : options.common.out / "states");
  result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    const std::filesystem::path& out = options.common.out;
    write_file(out / "amnesic.json", json);
    write_file(out / "amnesic.csv", amnesic_csv(result));
    write_curve_figure(out / ("amnesic." + options.format), picture_of(result));
  }
  fmt::print("{}", options.common.json ? json : amnesic_table(result, terminal_width()));
}

void add_study_flags(CLI::App& command, AmnesicCommandOptions& options) {
  AmnesicStudyOptions& study = options.request.study;
  command.add_option("--method", options.method, "How the concept's directions are found")
      ->check(CLI::IsMember({"leace", "inlp"}))
      ->capture_default_str();
  command.add_option("--rounds", study.inlp_rounds, "Classifiers that inlp trains at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--places", options.places, "Every token, or labelled words alone")
      ->check(CLI::IsMember({"tokens", "words"}))
      ->capture_default_str();
  command
      .add_option("--random", study.random_erasers,
                  "Erasers of as many random directions to compare with")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      .add_option("--mask-share", options.request.mask_share,
                  "Of a masked model's tokens that it is asked for")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--resamples", study.resamples, "Of the bootstrap")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--memory", study.memory_bytes,
                  "Memory for variants besides the weights, e.g. 500MB")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("1GB");
  add_picture_format(command, options.format);
}

}  // namespace

void add_amnesic_command(CLI::App& program) {
  auto options = std::make_shared<AmnesicCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "amnesic", "Does the model use it? What it predicts with a concept erased at each layer");
  options->corpus.add_to(*command);
  AmnesicRequest& request = options->request;
  command->add_option("--labels", request.labels.column,
                      "Which column of the data is erased; default the only one");
  command
      ->add_option("--max-rows", request.max_rows,
                   "Only the beginning of the data, in whole sentences")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--min-class", request.labels.min_class_rows,
                   "Leave out classes with fewer rows")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--test", request.test,
                      "Data to erase the concept from; default every fifth sentence of --data");
  command->add_option("--max-test-rows", request.max_test_rows, "As --max-rows, of this file")
      ->check(CLI::PositiveNumber);
  add_study_flags(*command, *options);
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens amnesic --task grammar-pos --layers 20 --model smollm2-135m");
  command->callback([options] { show_amnesic(*options); });
}

}  // namespace headlens::cli
