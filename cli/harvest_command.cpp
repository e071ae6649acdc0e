#include <fmt/core.h>

#include "cli/command.h"
#include "cli/corpus_flags.h"
#include "headlens/base/errors.h"
#include "headlens/probing/harvest.h"
#include "headlens/probing/tasks.h"
#include "headlens/reports/number_text.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct HarvestCommandOptions {
  CommonOptions common;
  CorpusFlags corpus;
};

std::string summary(const HarvestManifest& manifest, const std::filesystem::path& folder) {
  const HarvestCounts& counts = manifest.counts;
  std::int64_t bytes = 0;
  for (const HarvestShard& shard : manifest.shards) bytes += shard.states.bytes;
  std::string text = fmt::format(
      "{} of {} ({}) at {}, {} token pooling\n",
      count_text(counts.rows, to_string(manifest.work.unit)),
      count_text(counts.sentences, "sentence"), count_text(counts.tokens, "token"),
      count_text(std::ssize(manifest.work.sites), "site"), to_string(manifest.work.pooling));
  if (counts.skipped_sentences + counts.skipped_words > 0) {
    text += fmt::format("skipped: {}, {}\n", count_text(counts.skipped_sentences, "sentence"),
                        count_text(counts.skipped_words, "word"));
  }
  return text + fmt::format("{}: {}, {:.1f} MB of {}, and {}\n", folder.string(),
                            count_text(std::ssize(manifest.shards), "shard"),
                            static_cast<double>(bytes) / 1e6,
                            harvest_dtype_name(manifest.work.dtype), HarvestManifest::kFileName);
}

void run_harvest(const HarvestCommandOptions& options) {
  if (!options.common.has_out()) throw UsageError("a harvest needs a folder: say where with --out");
  // Before the model, which takes longer to open.
  const std::unique_ptr<LabelledCorpus> corpus = open_corpus(options.corpus.corpus);
  Session session = options.common.open();
  const HarvestManifest manifest = harvest(
      session, *corpus, options.corpus.options_for(session, options.common.no_special_tokens),
      options.common.out);
  end_progress();
  fmt::print("{}", options.common.json ? to_text(to_json(manifest))
                                       : summary(manifest, options.common.out));
}

}  // namespace

void add_harvest_command(CLI::App& program) {
  auto options = std::make_shared<HarvestCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "harvest", "Hidden states of a corpus's words or sentences, as files to probe");
  options->corpus.add_to(*command);
  options->common.add_model_to(*command);
  command->footer(
      "Example:\n  headlens harvest --task lab-pos --layers 0,3 --model smollm2-135m --out "
      "out/lab-pos");
  command->callback([options] { run_harvest(*options); });
}

}  // namespace headlens::cli
