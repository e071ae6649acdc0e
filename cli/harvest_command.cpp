#include <fmt/core.h>

#include <algorithm>

#include "cli/command.h"
#include "headlens/base/errors.h"
#include "headlens/probing/harvest.h"
#include "headlens/probing/tasks.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct HarvestCommandOptions {
  CommonOptions common;
  CorpusRequest corpus;
  std::vector<int> layers;
  std::vector<std::string> sites;
  std::string unit, pooling;
  std::string dtype = "f32";
  HarvestOptions harvest;
};

/// The hidden states of the layers, or the sites that are named, in the layers.
std::vector<Site> sites_of(const HarvestCommandOptions& options, const ModelSpec& spec) {
  std::vector<Site> sites;
  if (options.sites.empty()) {
    std::vector<int> layers = options.layers;
    for (int layer = 0; options.layers.empty() && layer <= spec.n_layers(); ++layer) {
      layers.push_back(layer);
    }
    for (const int layer : layers) sites.push_back(hidden_state_site(spec, layer));
    return sites;
  }
  for (const int layer : options.layers) {
    if (layer < 0 || layer >= spec.n_layers()) {
      throw UsageError(fmt::format("layer {} does not exist: the model has layers 0 to {}", layer,
                                   spec.n_layers() - 1));
    }
  }
  for (const std::string& pattern : options.sites) {
    for (const Site site : match_sites(pattern, spec.n_layers())) {
      const bool wanted = site.layer < 0 || options.layers.empty() ||
                          std::ranges::find(options.layers, site.layer) != options.layers.end();
      if (wanted) sites.push_back(site);
    }
  }
  return sites;
}

HarvestOptions harvest_options(const HarvestCommandOptions& options, const Session& session) {
  HarvestOptions harvest = options.harvest;
  harvest.sites = sites_of(options, session.spec());
  if (!options.unit.empty()) harvest.unit = parse_harvest_unit(options.unit);
  if (!options.pooling.empty()) harvest.pooling = parse_pooling(options.pooling);
  harvest.dtype = parse_harvest_dtype(options.dtype).value_or(DType::f32);
  harvest.special_tokens =
      options.common.no_special_tokens ? SpecialTokens::none : SpecialTokens::add;
  harvest.progress = terminal_progress();
  return harvest;
}

std::string summary(const HarvestManifest& manifest, const std::filesystem::path& folder) {
  const HarvestCounts& counts = manifest.counts;
  std::int64_t bytes = 0;
  for (const HarvestShard& shard : manifest.shards) bytes += shard.states.bytes;
  std::string text =
      fmt::format("{} {}s of {} sentences ({} tokens) at {} sites, {}\n", counts.rows,
                  to_string(manifest.work.unit), counts.sentences, counts.tokens,
                  manifest.work.sites.size(), to_string(manifest.work.pooling) + " token pooling");
  if (counts.skipped_sentences + counts.skipped_words > 0) {
    text += fmt::format("skipped: {} sentences, {} words\n", counts.skipped_sentences,
                        counts.skipped_words);
  }
  return text + fmt::format("{}: {} shards, {:.1f} MB of {}, and {}\n", folder.string(),
                            manifest.shards.size(), static_cast<double>(bytes) / 1e6,
                            harvest_dtype_name(manifest.work.dtype), HarvestManifest::kFileName);
}

void run_harvest(const HarvestCommandOptions& options) {
  if (!options.common.has_out()) throw UsageError("a harvest needs a folder: say where with --out");
  // Before the model, which takes longer to open.
  const std::unique_ptr<LabelledCorpus> corpus = open_corpus(options.corpus);
  Session session = options.common.open();
  const HarvestManifest manifest =
      harvest(session, *corpus, harvest_options(options, session), options.common.out);
  end_progress();
  fmt::print("{}", options.common.json ? to_text(to_json(manifest))
                                       : summary(manifest, options.common.out));
}

void add_corpus_options(CLI::App& command, CorpusRequest& corpus) {
  command.add_option("--data", corpus.data,
                     "A .conllu, .iob2, .conll, .csv, .tsv, .jsonl or .txt file");
  command.add_option(
      "--task", corpus.task,
      "A built-in task: lab-pos, grammar-pos, upos, feat:NAME, deprel, depth, entities, "
      "sentence-boundary, bigram-shift, sarcasm, ...");
  command.add_option("--column", corpus.columns, "Columns of the data that are the labels")
      ->delimiter(',');
  command.add_option("--text-column", corpus.text_column, "Where a table has its texts")
      ->capture_default_str();
  command.add_option("--second-text-column", corpus.second_text_column,
                     "Where a table of pairs has the second texts");
  command.add_option("--where", corpus.where, "COLUMN=VALUE: only these rows of a table");
  command.add_flag("--real", corpus.real_values, "A table's labels are numbers, not classes");
  command.add_option("--seed", corpus.seed, "Of bigram-shift and the grammar")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 53))
      ->capture_default_str();
}

}  // namespace

void add_harvest_command(CLI::App& program) {
  auto options = std::make_shared<HarvestCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "harvest", "Hidden states of a corpus's words or sentences, as files to probe");
  add_corpus_options(*command, options->corpus);
  command
      ->add_option("--layers", options->layers,
                   "Hidden states, 0 (embeddings) to the last; with --site, layers of the "
                   "sites; default all")
      ->delimiter(',');
  command
      ->add_option("--site", options->sites,
                   "Sites instead of hidden states, e.g. hook_mlp_out, attn.hook_z")
      ->delimiter(',');
  command->add_option("--unit", options->unit, "What has a row; default what the data label")
      ->check(CLI::IsMember({"word", "token", "sentence"}));
  command
      ->add_option("--pooling", options->pooling,
                   "How tokens become one state; default last of words, mean of sentences")
      ->check(CLI::IsMember({"last", "first", "mean", "max", "cls"}));
  command->add_option("--dtype", options->dtype, "Of the files")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->capture_default_str();
  command->add_flag("--skip", options->harvest.skip_unfit,
                    "Leave out sentences too long for the model and words without a token");
  command
      ->add_option("--shard-tokens", options->harvest.shard_tokens,
                   "A shard ends here; what a killed harvest loses at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens harvest --task lab-pos --layers 0,3 --model smollm2-135m --out "
      "out/lab-pos");
  command->callback([options] { run_harvest(*options); });
}

}  // namespace headlens::cli
