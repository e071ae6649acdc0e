#include <fmt/core.h>

#include <random>

#include "cli/command.h"
#include "cli/corpus_flags.h"
#include "cli/temporary_folder.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/npy.h"
#include "headlens/probing/probe_run.h"
#include "headlens/probing/trained_probe.h"
#include "headlens/reports/confusion_figure.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/probe_picture.h"
#include "headlens/reports/probe_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

namespace fs = std::filesystem;

struct ProbeOptions {
  CommonOptions common;
  CorpusFlags corpus;
  ProbeRequest request;
  std::string probe, group = "row", resampled = "sentence", class_weights = "equal";
  std::string format = "png";
  bool no_control = false;
  std::string save = "best";
  std::vector<std::string> direction;
};

ProbeRequest request_of(const ProbeOptions& options, const Session& session) {
  ProbeRequest request = options.request;
  request.corpus = options.corpus.corpus;
  request.harvest = options.corpus.options_for(session, options.common.no_special_tokens);
  request.division.group = parse_split_group(options.group).value_or(SplitGroup::row);
  request.division.resampled = parse_split_group(options.resampled).value_or(SplitGroup::sentence);
  request.chooses_kind = options.probe.empty();
  ProbeStudyOptions& study = request.study;
  study.learner.kind = parse_probe_kind(options.probe).value_or(ProbeKind::logistic);
  study.learner.balanced = options.class_weights == "balanced";
  study.control = !options.no_control;
  study.seed = request.corpus.seed;
  study.progress = terminal_progress();
  if (options.common.json) return request;
  study.on_loss = [](const ProbedLayer& layer, int epoch, double loss_nats) {
    end_progress();
    const std::string name =
        layer.hidden_state ? fmt::format("Layer {}", *layer.hidden_state) : layer.site;
    fmt::print("{}, epoch {}: loss={:.4f}\n", name, epoch, loss_nats);
  };
  return request;
}

void write_files(const ProbeOptions& options, const ProbeResult& result, const std::string& json) {
  const fs::path& out = options.common.out;
  write_file(out / "probe.json", json);
  write_file(out / "probe.csv", probe_csv(result));
  write_curve_figure(out / ("probe." + options.format), picture_of(result));
  if (result.classes.empty()) return;
  write_file(out / "confusion.csv", confusion_csv(result));
  write_confusion_figure(out / ("confusion." + options.format), result);
}

void save_probes(const ProbeOptions& options, const ProbeRun& run, std::uint64_t seed) {
  if (run.learner.kind == ProbeKind::knn) return;
  for (std::size_t i = 0; i < run.layers.size(); ++i) {
    const bool is_best = i == run.result.best;
    if (options.save == "none" || (options.save == "best" && !is_best)) continue;
    const SavedProbe saved = train_saved_probe(run, i, seed);
    const ProbeLayer& layer = run.result.layers[i];
    std::vector<std::string> names;
    if (options.save == "all") {
      names.push_back(layer.hidden_state ? fmt::format("layer-{}", *layer.hidden_state)
                                         : layer.site);
    }
    if (is_best) names.emplace_back("best");
    for (const std::string& name : names) {
      const fs::path folder = options.common.out / "probes" / name;
      make_writable_folder(folder);
      save_probe(folder, saved);
      if (options.direction.empty()) continue;
      const std::string &toward = options.direction.at(0), &away = options.direction.at(1);
      write_npy(folder / "direction.npy", saved.probe.direction(toward, away));
    }
  }
}

void show_probe(const ProbeOptions& options) {
  Session session = options.common.open();
  ProbeRequest request = request_of(options, session);
  std::optional<TemporaryFolder> temporary;
  if (options.common.has_out()) {
    request.study.log = options.common.out / "probe.log";
  } else {
    temporary.emplace();
  }
  ProbeRun run =
      run_probe(session, request, temporary ? temporary->path() : options.common.out / "states");
  run.result.provenance.command_line = command_line();
  end_progress();
  const std::string json = to_text(to_json(run.result));
  if (options.common.has_out()) {
    write_files(options, run.result, json);
    save_probes(options, run, request.study.seed);
  }
  fmt::print("{}", options.common.json ? json : probe_table(run.result, terminal_width()));
}

void add_data_flags(CLI::App& command, ProbeOptions& options) {
  ProbeRequest& request = options.request;
  options.corpus.add_to(command);
  command.add_option("--labels", request.labels.column,
                     "Which column of the data is probed; default the only one");
  command
      .add_option("--max-rows", request.max_rows,
                  "Only the beginning of the data, in whole sentences")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--min-class", request.labels.min_class_rows,
                  "Leave out classes with fewer rows, and count them")
      ->check(CLI::NonNegativeNumber);
}

void add_division_flags(CLI::App& command, ProbeOptions& options) {
  ProbeDivision& division = options.request.division;
  command.add_option("--test", division.test, "Data to test on; --data is then trained on");
  command.add_option("--validation", division.validation,
                     "Data that choose C from a grid or end training early");
  command.add_option("--test-where", division.test_where, "As --where, of the test file");
  command.add_option("--validation-where", division.validation_where, "Of the validation file");
  command.add_option("--max-test-rows", division.max_test_rows, "As --max-rows, of these files")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--folds,--cv", division.folds, "Cross-validation, where there is no test part")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command.add_option("--test-share", division.test_share, "A random share to test on instead")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--validation-share", division.validation_share, "And one for validation")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--group", options.group, "What folds and shares keep together")
      ->check(CLI::IsMember({"row", "sentence", "document", "word-type"}))
      ->capture_default_str();
  command.add_option("--resample", options.resampled, "What intervals and tests draw")
      ->check(CLI::IsMember({"sentence", "document"}))
      ->capture_default_str();
}

void add_probe_flags(CLI::App& command, ProbeOptions& options) {
  ProbeLearnerOptions& learner = options.request.study.learner;
  command.add_option("--probe", options.probe, "Default logistic, of real values ridge")
      ->check(CLI::IsMember(probe_kind_names()));
  command.add_option("--c", learner.c, "Inverse strength of the logistic probe's penalty")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--c-grid", learner.c_grid,
                  "Cs to choose from, on the validation part or on inner folds")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  command.add_option("--inner-folds", learner.inner_folds, "Of the training rows, for --c-grid")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command.add_option("--alpha", learner.alpha, "Strength of the ridge probe's penalty")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--standardize", learner.standardize,
                   "Columns of states, by the training rows of each round");
  command.add_option("--class-weights", options.class_weights, "Of the logistic probe")
      ->check(CLI::IsMember({"equal", "balanced"}))
      ->capture_default_str();
  command.add_option("--rank", learner.rank, "Of the low-rank probe")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--neighbors", learner.neighbors, "Of the knn probe")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--hidden", learner.adam.hidden, "Width of the MLP")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--dropout", learner.adam.dropout, "Of the MLP, in training")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command.add_option("--epochs", learner.adam.epochs, "Of probes by Adam")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--batch-size", learner.adam.batch_size, "Of probes by Adam")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--learning-rate", learner.adam.adam.learning_rate, "Of probes by Adam")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--patience", learner.patience,
                  "Epochs without a lower validation loss after which Adam stops; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_study_flags(CLI::App& command, ProbeOptions& options) {
  ProbeStudyOptions& study = options.request.study;
  command.add_flag("--no-control", options.no_control, "Without the control task");
  command.add_option("--seeds", study.seeds, "Control tasks, and trainings of probes by Adam")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("--random-model", options.request.random_model,
                   "Also probe the model with random weights, as a baseline");
  command.add_option("--resamples", study.resamples, "Of the bootstrap")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--save", options.save, "Trained probes that --out gets, below probes/")
      ->check(CLI::IsMember({"best", "all", "none"}))
      ->capture_default_str();
  command
      .add_option("--direction", options.direction,
                  "Two classes: also save the direction toward the first and away from the second")
      ->delimiter(',')
      ->expected(2);
  add_picture_format(command, options.format);
}

}  // namespace

void add_probe_command(CLI::App& program) {
  auto options = std::make_shared<ProbeOptions>();
  CLI::App* command = program.add_subcommand(
      "probe", "What can be read from each layer's states, with control tasks and baselines");
  add_data_flags(*command, *options);
  add_division_flags(*command, *options);
  add_probe_flags(*command, *options);
  add_study_flags(*command, *options);
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens probe --task lab-pos --layers 0,3,6,9,11 --cv 3 --model smollm2-135m");
  command->callback([options] { show_probe(*options); });
}

}  // namespace headlens::cli
