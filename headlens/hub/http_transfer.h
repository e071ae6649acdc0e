#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headlens/base/errors.h"

namespace headlens {

struct HttpResponse {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< by lower-case name

  /// Empty if there is no such header.
  std::string header(const std::string& lower_case_name) const;
};

struct HttpRequest {
  std::string url;
  bool head_only = false;
  std::vector<std::string> headers;  ///< "Name: value"
  std::chrono::seconds connect_timeout{15};
  std::chrono::seconds stall_timeout{30};
  /// Pieces of the body, with the response so far. May throw: the transfer ends and the exception
  /// comes out of HttpTransfer::perform.
  std::function<void(const HttpResponse&, std::span<const std::byte>)> on_body;
};

/// The connection could not be made, or broke: trying again may help.
class TransferError : public ResourceError {
 public:
  TransferError(const std::string& message, bool never_connected)
      : ResourceError(message), never_connected_(never_connected) {}
  /// The host was not found or did not answer at all.
  bool never_connected() const { return never_connected_; }

 private:
  bool never_connected_;
};

/// HTTP and HTTPS requests, one at a time, over connections that are kept. Follows no redirect.
class HttpTransfer {
 public:
  HttpTransfer();
  ~HttpTransfer();
  HttpTransfer(HttpTransfer&&) noexcept;
  HttpTransfer& operator=(HttpTransfer&&) noexcept;

  /// @throws TransferError   if the connection fails or breaks
  /// @throws ResourceError   if the address or the server's certificate is not acceptable
  /// @throws CancelledError  if cancellation is requested meanwhile
  HttpResponse perform(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace headlens
