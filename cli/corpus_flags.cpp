#include "cli/corpus_flags.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/command.h"
#include "headlens/base/errors.h"
#include "headlens/probing/harvest_manifest.h"

namespace headlens::cli {
namespace {

/// The hidden states of the layers, or the sites that are named, in the layers.
std::vector<Site> sites_of(const CorpusFlags& options, const ModelSpec& spec) {
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

void CorpusFlags::add_to(CLI::App& command) {
  add_corpus_options(command, corpus);
  command
      .add_option("--layers", layers,
                  "Hidden states, 0 (embeddings) to the last; with --site, layers of the "
                  "sites; default all")
      ->delimiter(',');
  command
      .add_option("--site", sites, "Sites instead of hidden states, e.g. hook_mlp_out, attn.hook_z")
      ->delimiter(',');
  command.add_option("--unit", unit, "What has a row; default what the data label")
      ->check(CLI::IsMember({"word", "token", "sentence"}));
  command
      .add_option("--pooling", pooling,
                  "How tokens become one state; default last of words, mean of sentences")
      ->check(CLI::IsMember({"last", "first", "mean", "max", "cls"}));
  command.add_option("--dtype", dtype, "Of the files of states")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->capture_default_str();
  command.add_flag("--skip", harvest.skip_unfit,
                   "Leave out sentences too long for the model and words without a token");
  command
      .add_option("--shard-tokens", harvest.shard_tokens,
                  "A shard ends here; what a killed harvest loses at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

HarvestOptions CorpusFlags::options_for(const Session& session, bool no_special_tokens) const {
  HarvestOptions options = harvest;
  options.sites = sites_of(*this, session.spec());
  if (!unit.empty()) options.unit = parse_harvest_unit(unit);
  if (!pooling.empty()) options.pooling = parse_pooling(pooling);
  options.dtype = parse_harvest_dtype(dtype).value_or(DType::f32);
  options.special_tokens = no_special_tokens ? SpecialTokens::none : SpecialTokens::add;
  options.progress = terminal_progress();
  return options;
}

}  // namespace headlens::cli
