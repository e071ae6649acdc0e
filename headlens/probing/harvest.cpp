#include "headlens/probing/harvest.h"

#include <algorithm>
#include <future>

#include "headlens/base/atomic_file.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/resumable_log.h"
#include "headlens/formats/json_file.h"
#include "headlens/probing/harvest_shard.h"
#include "headlens/probing/harvest_states.h"
#include "headlens/results/json.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

constexpr const char* kLogName = "harvest.log";

std::optional<int> hidden_state_of(const ModelSpec& spec, Site site) {
  for (int layer = 0; layer <= spec.n_layers(); ++layer) {
    if (hidden_state_site(spec, layer) == site) return layer;
  }
  return std::nullopt;
}

HarvestWork work_of(const Session& session, const CorpusInfo& corpus, const HarvestOptions& options,
                    const HarvestChoices& choices) {
  if (options.sites.empty()) throw UsageError("no site to harvest");
  if (options.shard_tokens < 1 || options.shard_bytes < 1) {
    throw UsageError("a shard holds at least one token and one byte");
  }
  harvest_dtype_name(options.dtype);
  std::vector<HarvestSite> sites;
  for (const Site site : options.sites) {
    if (std::ranges::find(sites, site, &HarvestSite::site) != sites.end()) continue;
    sites.push_back({site, hidden_state_of(session.spec(), site),
                     choices.parts * site_width(session.spec(), site)});
  }
  const Provenance provenance = provenance_of(session);
  return {.headlens_version = provenance.headlens_version,
          .model_name = provenance.model_name,
          .model_family = provenance.model_family,
          .model_sha256 = provenance.model_sha256,
          .precision = provenance.precision,
          .corpus = corpus,
          .sites = std::move(sites),
          .unit = choices.unit,
          .pooling = choices.pooling,
          .special_tokens = options.special_tokens,
          .skip_unfit = options.skip_unfit,
          .dtype = options.dtype,
          .shard_tokens = options.shard_tokens,
          .shard_bytes = options.shard_bytes};
}

/// A shard that an earlier start wrote.
HarvestShard finished_shard(const std::string& line, const std::filesystem::path& log) {
  HarvestShard shard = shard_from_json(parse_json(line, log), log);
  for (const HarvestFile& file : {shard.states, shard.rows}) {
    const std::filesystem::path path = log.parent_path() / file.name;
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error || static_cast<std::int64_t>(bytes) != file.bytes) {
      throw FormatError(path.string(),
                        "is not what an earlier start wrote; remove the folder to begin anew");
    }
  }
  return shard;
}

/// What a killed start was writing.
void remove_partial_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> partial;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with("shard-") || name.starts_with(HarvestManifest::kFileName);
    if (ours && name.find(".partial-") != std::string::npos) partial.push_back(entry.path());
  }
  for (const std::filesystem::path& path : partial) std::filesystem::remove(path);
}

class HarvestRun {
 public:
  HarvestRun(Session& session, LabelledCorpus& corpus, const HarvestOptions& options,
             const std::filesystem::path& folder)
      : session_(session),
        corpus_(corpus),
        options_(options),
        folder_(folder),
        choices_(harvest_choices(corpus.info(), options)) {
    manifest_.work = work_of(session, corpus.info(), options, choices_);
    std::int64_t row_bytes = 0;
    for (const HarvestSite& site : manifest_.work.sites) {
      sites_.push_back(site.site);
      row_bytes += site.width * static_cast<std::int64_t>(sizeof(float));
    }
    most_rows_ = std::max<std::int64_t>(1, options.shard_bytes / row_bytes);
  }

  HarvestManifest run() {
    remove_partial_files(folder_);
    // Without earlier work the log is begun with the first shard, so that data that cannot be used
    // leave nothing behind.
    if (std::filesystem::exists(log_path())) go_on();
    try {
      while (add_shard()) {
      }
    } catch (const CancelledError&) {
      finish_writing();
      throw;
    }
    if (manifest_.counts.rows == 0) {
      throw UsageError(corpus_.info().data.string() + " has nothing to harvest: no label");
    }
    write_file(folder_ / HarvestManifest::kFileName, to_text(to_json(manifest_)));
    return std::move(manifest_);
  }

 private:
  std::filesystem::path log_path() const { return folder_ / kLogName; }

  void open_log() {
    if (!log_) log_.emplace(log_path(), to_json(manifest_.work).dump());
  }

  void go_on() {
    open_log();
    for (const std::string& line : log_->lines()) {
      manifest_.shards.push_back(finished_shard(line, log_path()));
      manifest_.counts += manifest_.shards.back().counts;
    }
    for (std::int64_t i = 0; i < manifest_.counts.sentences_read; ++i) {
      check_cancellation();
      corpus_.next();
    }
  }

  /// Begins to read the window after those counted.
  void read_ahead() {
    reading_ =
        std::async(std::launch::async, [this, first_sentence = manifest_.counts.sentences_read] {
          return read_window(session_, corpus_, options_, first_sentence, most_rows_);
        });
  }

  /// False at the end of the corpus.
  bool add_shard() {
    if (!reading_.valid()) read_ahead();
    HarvestWindow window = reading_.get();
    manifest_.counts += window.counts();
    if (window.rows == 0) {
      // Only the corpus's end leaves a window without rows.
      finish_writing();
      return false;
    }
    read_ahead();
    std::vector<Tensor> states =
        harvest_states(session_, window, sites_, choices_, corpus_.info(), options_.progress);
    finish_writing();
    // The next window runs while this one is written and the one after it is read.
    writing_ =
        std::async(std::launch::async, [this, number = manifest_.shards.size(),
                                        window = std::move(window), states = std::move(states)] {
          return write_shard(folder_, number, window, manifest_.work, states);
        });
    return true;
  }

  void finish_writing() {
    if (!writing_.valid()) return;
    const HarvestShard shard = writing_.get();
    open_log();
    log_->append(to_json(shard).dump());
    manifest_.shards.push_back(shard);
  }

  Session& session_;
  LabelledCorpus& corpus_;
  const HarvestOptions& options_;
  const std::filesystem::path& folder_;
  HarvestChoices choices_;
  std::vector<Site> sites_;
  std::int64_t most_rows_ = 1;
  HarvestManifest manifest_;
  std::optional<ResumableLog> log_;
  // Last, because their threads use the rest.
  std::future<HarvestWindow> reading_;
  std::future<HarvestShard> writing_;
};

}  // namespace

HarvestManifest harvest(Session& session, LabelledCorpus& corpus, const HarvestOptions& options,
                        const std::filesystem::path& folder) {
  return HarvestRun(session, corpus, options, folder).run();
}

}  // namespace headlens
