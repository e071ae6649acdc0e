#include "headlens/hub/pull.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/hub/blob_download.h"
#include "headlens/hub/cache_paths.h"
#include "headlens/hub/file_selection.h"
#include "headlens/hub/hub_cache.h"
#include "headlens/hub/hub_client.h"
#include "headlens/hub/hub_layout.h"
#include "headlens/hub/model_name.h"
#include "headlens/hub/weight_files.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

ModelName name_to_pull(std::string_view text, const PullOptions& options) {
  ModelName name = parse_model_name(text);
  if (name.known == nullptr && name.repository.find('/') == std::string::npos) {
    const auto near = near_model_names(text);
    throw UsageError(
        fmt::format("unknown model '{}'{}: give a known name (see `headlens models`) "
                    "or an owner/name of the hub",
                    text, near.empty() ? "" : fmt::format(", near {}", fmt::join(near, ", "))));
  }
  if (name.revision.empty()) name.revision = options.revision;
  if (!is_safe_relative_path(name.revision)) {
    throw UsageError(fmt::format("'{}' can be no revision", name.revision));
  }
  return name;
}

class Pull {
 public:
  Pull(const ModelName& name, const PullOptions& options)
      : name_(name),
        options_(options),
        client_(hub_endpoint(), hub_token(), options),
        cache_(hub_cache_folder(), name.repository) {}

  PullResult run() {
    report("asking the hub");
    const RepositoryInfo info = client_.repository_info(name_.repository, name_.revision);
    result_.repository = name_.repository;
    result_.commit = info.commit;
    std::vector<std::string> files = files_to_pull(info.files, name_.repository, name_.file);
    for (const std::string& file : files) bring(file);
    if (files.back() == kSafetensorsIndex) bring_shards(info);
    cache_.write_ref(name_.revision, info.commit);
    const fs::path snapshot = cache_.snapshot(info.commit);
    const bool is_gguf = files.back().ends_with(".gguf");
    result_.model = {name_.text, is_gguf ? snapshot / files.back() : snapshot,
                     is_gguf ? ModelKind::gguf_file : ModelKind::huggingface_directory};
    return result_;
  }

 private:
  void report(std::string_view stage) const {
    check_cancellation();
    if (options_.progress) options_.progress({stage, 0, 0, "bytes"});
  }

  /// What a commit's snapshot links to was verified when it came, and commits do not change.
  void bring(const std::string& file) {
    std::error_code error;
    if (fs::is_regular_file(cache_.snapshot(result_.commit) / file, error)) return;
    check_cancellation();
    const BlobRequest request{&cache_, name_.repository, result_.commit,
                              client_.remote_file(name_.repository, result_.commit, file)};
    const std::uint64_t received = download_blob(client_, request, options_);
    result_.bytes_downloaded += received;
    result_.files_downloaded += received > 0 ? 1 : 0;
  }

  void bring_shards(const RepositoryInfo& info) {
    const fs::path index = cache_.snapshot(info.commit) / kSafetensorsIndex;
    for (const auto& shard : shards_of_index(index)) {
      if (std::find(info.files.begin(), info.files.end(), shard) == info.files.end()) {
        throw FormatError(index,
                          fmt::format("names {}, which {} does not hold", shard, name_.repository));
      }
      bring(shard);
    }
  }

  const ModelName& name_;
  const PullOptions& options_;
  HubClient client_;
  HubRepository cache_;
  PullResult result_;
};

std::optional<PullResult> what_is_here(const ModelName& name) {
  const auto model = find_in_hub_cache(name);
  if (!model) return std::nullopt;
  PullResult result{*model, name.repository, {}, 0, 0};
  for (const std::string& id : name.cached_repositories()) {
    const auto commit = HubRepository(hub_cache_folder(), id).commit_of(name.revision);
    if (commit && result.commit.empty()) result.commit = *commit;
  }
  return result;
}

}  // namespace

PullResult pull(std::string_view name_or_repository, const PullOptions& options) {
  const ModelName name = name_to_pull(name_or_repository, options);
  if (hub_offline()) {
    if (auto here = what_is_here(name)) return *here;
    throw ResourceError(
        fmt::format("{} is not on this machine, and HF_HUB_OFFLINE forbids the "
                    "network: unset it and pull again",
                    name.repository));
  }
  try {
    return Pull(name, options).run();
  } catch (const TransferError& error) {
    if (error.never_connected()) {
      if (auto here = what_is_here(name)) return *here;
    }
    throw ResourceError(
        fmt::format("{}: {}; check the network, then pull again (it goes on where "
                    "it stopped)",
                    name.repository, error.what()));
  }
}

}  // namespace headlens
