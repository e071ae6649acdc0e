#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cli/command.h"
#include "cli/corpus_flags.h"
#include "cli/temporary_folder.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/head_gap.h"
#include "headlens/reports/head_gap_table.h"
#include "headlens/results/json.h"
#include "headlens/run/provenance.h"

namespace headlens::cli {
namespace {

struct HeadGapCommandOptions {
  CommonOptions common;
  CorpusFlags corpus;
  HeadGapOptions study;
  ProbeDataOptions labels;
};

/// The candidates and, last, the head's layer.
std::vector<int> layers_of(const HeadGapCommandOptions& options, const ModelSpec& spec) {
  std::vector<int> layers = options.corpus.layers;
  for (int layer = 0; options.corpus.layers.empty() && layer < spec.n_layers(); ++layer) {
    layers.push_back(layer);
  }
  if (std::ranges::find(layers, spec.n_layers()) != layers.end()) {
    throw UsageError(fmt::format("layer {} is the head's; the others are candidates of the probe",
                                 spec.n_layers()));
  }
  layers.push_back(spec.n_layers());
  return layers;
}

HeadGapResult compare(const HeadGapCommandOptions& options, Session& session,
                      const std::filesystem::path& states) {
  CorpusFlags corpus = options.corpus;
  if (!corpus.sites.empty()) throw UsageError("the head reads hidden states: leave out --site");
  corpus.layers = layers_of(options, session.spec());
  const HarvestOptions harvest = corpus.options_for(session, options.common.no_special_tokens);
  make_writable_folder(states);
  std::vector<Harvest> parts;
  parts.push_back(harvested(session, *open_corpus(corpus.corpus), harvest, states));
  const ProbeData data(std::move(parts), options.labels);
  HeadGapOptions study = options.study;
  study.head_layer = corpus.layers.back();
  study.layers.assign(corpus.layers.begin(), corpus.layers.end() - 1);
  study.seed = corpus.corpus.seed;
  study.progress = terminal_progress();
  HeadGapResult result = study_head_gap(data, study);
  result.provenance = provenance_of(session);
  result.provenance.seed = study.seed;
  result.provenance.command_line = command_line();
  return result;
}

void show_head_gap(const HeadGapCommandOptions& options) {
  open_corpus(options.corpus.corpus);  // before the model, which takes longer to open
  Session session = options.common.open();
  std::optional<TemporaryFolder> temporary;
  if (!options.common.has_out()) temporary.emplace();
  const HeadGapResult result =
      compare(options, session, temporary ? temporary->path() : options.common.out / "states");
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    write_file(options.common.out / "head_gap.json", json);
    write_file(options.common.out / "head_gap.csv", head_gap_csv(result));
  }
  fmt::print("{}", options.common.json ? json : head_gap_table(result, terminal_width()));
}

}  // namespace

void add_head_gap_command(CLI::App& program) {
  auto options = std::make_shared<HeadGapCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "head-gap", "What a classifier on the last layer misses that an earlier layer tells");
  options->corpus.add_to(*command);
  command->add_option("--labels", options->labels.column,
                      "Which column of the data; default the only one");
  HeadGapOptions& study = options->study;
  command->add_option("--positive", study.positive,
                      "The class that is looked for; default the one with fewest rows");
  command->add_option("--folds,--cv", study.folds, "That predictions are made in")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command->add_option("--inner-folds", study.inner_folds, "That layer and C are chosen by")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command->add_option("--c-grid", study.c_grid, "Inverse strengths of the penalty to choose from")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens head-gap --task sarcasm --data train.En.csv --model minilm-l6");
  command->callback([options] { show_head_gap(*options); });
}

}  // namespace headlens::cli
