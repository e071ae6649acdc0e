#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "headlens/base/progress.h"
#include "headlens/hub/model_locator.h"

namespace headlens {

struct PullOptions {
  std::string revision = "main";  ///< branch, tag or commit
  ProgressCallback progress;      ///< bytes of the file being brought; may be empty

  int attempts = 5;                           ///< tries of one request before giving up
  std::chrono::milliseconds retry_wait{500};  ///< before the second try; doubles each time
  std::chrono::seconds connect_timeout{15};
  std::chrono::seconds stall_timeout{30};  ///< a transfer with no progress for so long is broken
};

struct PullResult {
  ResolvedModel model;
  std::string repository;
  std::string commit;                  ///< 40 hexadecimal digits
  int files_downloaded = 0;            ///< 0 if all were already there
  std::uint64_t bytes_downloaded = 0;  ///< over the network, this time
};

/// Brings a model from a Hugging Face hub into the hub's own cache: config.json, the tokenizer's
/// files and the safetensors; or the one GGUF file named as "owner/name:file.gguf". Nothing that
/// could run code (pickles, Python) is fetched. Files that are there are kept, a broken transfer is
/// resumed, and every file's checksum is verified before it appears under its name.
/// Heeds HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE.
/// @param name_or_repository  "gpt2", "owner/name", "owner/name@revision", "owner/name:file.gguf"
/// @throws UsageError        if there is no such model or revision, or the name makes no sense
/// @throws UnsupportedError  if the repository holds no safetensors or GGUF
/// @throws ResourceError     if network, permission or disk say no, or a checksum is wrong
/// @throws FormatError       if the hub answers with something that makes no sense
/// @throws CancelledError    if cancellation was requested; a later pull resumes
PullResult pull(std::string_view name_or_repository, const PullOptions& options = {});

}  // namespace headlens
