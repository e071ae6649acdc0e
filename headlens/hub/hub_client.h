#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/hub/http_transfer.h"
#include "headlens/hub/pull.h"

namespace headlens {

/// What a repository holds at one commit.
struct RepositoryInfo {
  std::string commit;
  std::vector<std::string> files;  ///< every one a safe relative path
};

/// What the hub says of one file before it is fetched.
struct RemoteFile {
  std::string name;
  std::string etag;  ///< a checksum (see blob_checksum.h)
  std::uint64_t bytes = 0;
};

/// Runs `request` until it succeeds, a hub that is too busy and a broken connection being tried
/// again after a growing pause, options.attempts times in all.
/// @param gained  says if the last try brought the work forward; then it does not count as failed
void with_retries(const PullOptions& options, const std::function<void()>& request,
                  const std::function<bool()>& gained = {});

/// The HTTP interface of a Hugging Face hub. The access token goes to the hub itself and nowhere
/// else, whatever redirects say. Requests throw UsageError for what does not exist, ResourceError
/// for what is refused or unreachable, TransferError (one of those) for what may pass if tried
/// again, and FormatError for an answer that makes no sense.
class HubClient {
 public:
  /// @param endpoint  without a final slash
  HubClient(std::string endpoint, std::optional<std::string> token, const PullOptions& options);

  RepositoryInfo repository_info(std::string_view repository, std::string_view revision);
  RemoteFile remote_file(std::string_view repository, std::string_view commit,
                         std::string_view file);

  using BodySink = std::function<void(const HttpResponse&, std::span<const std::byte>)>;

  /// One try at getting a file from byte `offset` on. `on_body` sees the bodies of answers 200 and
  /// 206 only. Returns the final answer, which may also be a 416.
  HttpResponse get_file(std::string_view repository, std::string_view commit, std::string_view file,
                        std::uint64_t offset, const BodySink& on_body);

 private:
  /// A request with its redirects. With `only_at_hub`, stops before the first that leads elsewhere.
  HttpResponse send(const std::string& url, bool head_only, bool only_at_hub,
                    const std::vector<std::string>& headers, const BodySink& on_body);
  void check_status(const HttpResponse& response, std::string_view repository,
                    std::string_view what) const;
  std::string file_url(std::string_view repository, std::string_view commit,
                       std::string_view file) const;

  std::string endpoint_;
  std::string origin_;
  std::optional<std::string> token_;
  PullOptions options_;
  HttpTransfer transfer_;
};

}  // namespace headlens
