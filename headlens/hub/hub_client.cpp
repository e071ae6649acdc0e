#include "headlens/hub/hub_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"
#include "headlens/hub/blob_checksum.h"
#include "headlens/hub/hub_layout.h"
#include "headlens/hub/model_name.h"
#include "headlens/hub/url.h"

namespace headlens {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCommitDigits = 40;

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_success(long status) { return status == 200 || status == 206; }

void pause(std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds kStep{20};
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) {
    check_cancellation();
    std::this_thread::sleep_for(std::min(kStep, duration));
  }
}

std::string plain_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

RepositoryInfo parse_info(const std::string& text, const std::string& url) {
  const nlohmann::json json = parse_json(text, url);
  RepositoryInfo info{require_string(json, "sha", url), {}};
  if (!is_hex(info.commit, kCommitDigits)) {
    throw FormatError(url, "the hub gives no commit for this model");
  }
  for (const auto& sibling : require_array(json, "siblings", url)) {
    const std::string file = require_string(sibling, "rfilename", url);
    if (!is_safe_relative_path(file)) {
      throw FormatError(url, fmt::format("the hub names a file that would not lie in the model's "
                                         "folder: {}; nothing was written",
                                         printable(file)));
    }
    info.files.push_back(file);
  }
  return info;
}

}  // namespace

void with_retries(const PullOptions& options, const std::function<void()>& request,
                  const std::function<bool()>& gained) {
  constexpr int kMostDoublings = 6;
  for (int attempt = 1;; ++attempt) {
    try {
      return request();
    } catch (const TransferError&) {
      if (gained && gained()) attempt = 1;
      if (attempt >= options.attempts) throw;
      pause(options.retry_wait * (1 << std::min(attempt - 1, kMostDoublings)));
    }
  }
}

HubClient::HubClient(std::string endpoint, std::optional<std::string> token,
                     const PullOptions& options)
    : endpoint_(std::move(endpoint)),
      origin_(url_origin(endpoint_)),
      token_(std::move(token)),
      options_(options) {
  const auto is_control = [](unsigned char c) { return c < 0x21 || c == 0x7f; };
  if (token_ && std::any_of(token_->begin(), token_->end(), is_control)) {
    throw UsageError("the access token (HF_TOKEN or the token file) holds a space or line break");
  }
}

std::string HubClient::file_url(std::string_view repository, std::string_view commit,
                                std::string_view file) const {
  return fmt::format("{}/{}/resolve/{}/{}", endpoint_, repository, commit, url_encode(file, "/"));
}

HttpResponse HubClient::send(const std::string& url, bool head_only, bool only_at_hub,
                             const std::vector<std::string>& headers, const BodySink& on_body) {
  constexpr int kMostRedirects = 8;
  HttpRequest request{url,
                      head_only,
                      headers,
                      options_.connect_timeout,
                      options_.stall_timeout,
                      [&](const HttpResponse& response, std::span<const std::byte> bytes) {
                        if (is_success(response.status) && on_body) on_body(response, bytes);
                      }};
  request.headers.push_back("Accept-Encoding: identity");
  const std::vector<std::string> open_headers = request.headers;
  bool trusted = url_origin(url) == origin_;
  std::map<std::string, std::string> earlier;
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    request.headers = open_headers;
    if (trusted && token_) request.headers.push_back("Authorization: Bearer " + *token_);
    HttpResponse response = transfer_.perform(request);
    for (const char* name : {"x-repo-commit", "x-linked-etag", "x-linked-size"}) {
      if (trusted && !response.header(name).empty()) earlier.emplace(name, response.header(name));
      if (const auto found = earlier.find(name); found != earlier.end()) {
        response.headers[name] = found->second;
      }
    }
    const std::string location = response.header("location");
    if (!is_redirect(response.status) || location.empty()) return response;
    request.url = resolve_url(request.url, location);
    trusted = trusted && url_origin(request.url) == origin_;
    if (only_at_hub && !trusted) return response;
  }
  throw ResourceError(endpoint_ + ": redirects in a circle");
}

void HubClient::check_status(const HttpResponse& response, std::string_view repository,
                             std::string_view what) const {
  const long status = response.status;
  const std::string code = response.header("x-error-code");
  const std::string page = fmt::format("{}/{}", endpoint_, repository);
  if (is_success(status)) return;
  if (code == "RevisionNotFound") {
    throw UsageError(fmt::format("{} has no such revision", repository));
  }
  if (code == "EntryNotFound") {
    throw UsageError(fmt::format("{} has no file {} at this revision", repository, what));
  }
  if (status == 404 || code == "RepoNotFound") {
    throw UsageError(
        fmt::format("{} has no model {}; if it is private, set HF_TOKEN to a token "
                    "that may read it",
                    endpoint_, repository));
  }
  if (status == 401 || status == 403) {
    const bool gated = code == "GatedRepo";
    throw ResourceError(fmt::format(
        "{} refuses {} (status {}): it is {}; {}set HF_TOKEN to {}", endpoint_, repository, status,
        gated ? "gated" : "gated or private",
        gated || !token_ ? fmt::format("ask for access at {}, then ", page) : "",
        token_ ? "a token that may read it (the one in use may not)" : "your access token"));
  }
  const std::string message =
      fmt::format("{}: answered {} with status {}", origin_, printable(what), status);
  if (status == 408 || status == 429 || status >= 500) {
    throw TransferError(message + "; try again later", /*never_connected=*/false);
  }
  throw ResourceError(message);
}

RepositoryInfo HubClient::repository_info(std::string_view repository, std::string_view revision) {
  const std::string url =
      fmt::format("{}/api/models/{}/revision/{}", endpoint_, repository, url_encode(revision, ""));
  std::string text;
  const auto collect = [&](const HttpResponse&, std::span<const std::byte> bytes) {
    if (text.size() + bytes.size() > JsonLimits{}.max_bytes) {
      throw FormatError(url, "the hub's answer is absurdly long");
    }
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  with_retries(options_, [&] {
    text.clear();
    check_status(send(url, false, false, {}, collect), repository, "its description");
  });
  return parse_info(text, url);
}

RemoteFile HubClient::remote_file(std::string_view repository, std::string_view commit,
                                  std::string_view file) {
  const std::string url = file_url(repository, commit, file);
  HttpResponse response;
  with_retries(options_, [&] {
    response = send(url, /*head_only=*/true, /*only_at_hub=*/true, {}, {});
    if (!is_redirect(response.status)) check_status(response, repository, file);
  });
  const std::string linked_etag = response.header("x-linked-etag");
  const std::string etag = plain_etag(linked_etag.empty() ? response.header("etag") : linked_etag);
  auto bytes = number(response.header("x-linked-size"));
  if (!bytes && !is_redirect(response.status)) bytes = number(response.header("content-length"));
  if (!is_checksum(etag) || !bytes) {
    throw FormatError(url,
                      "the hub gives no checksum and size for this file, so that it cannot be "
                      "verified");
  }
  if (response.header("x-repo-commit") != commit) {
    throw FormatError(url, "the hub answers for another commit than it was asked for");
  }
  return {std::string(file), etag, *bytes};
}

HttpResponse HubClient::get_file(std::string_view repository, std::string_view commit,
                                 std::string_view file, std::uint64_t offset,
                                 const BodySink& on_body) {
  std::vector<std::string> headers;
  if (offset > 0) headers.push_back(fmt::format("Range: bytes={}-", offset));
  HttpResponse response = send(file_url(repository, commit, file), false, false, headers, on_body);
  constexpr long kRangeNotSatisfiable = 416;
  if (response.status != kRangeNotSatisfiable) check_status(response, repository, file);
  return response;
}

}  // namespace headlens
