#include "headlens/hub/http_transfer.h"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <string_view>

#include "headlens/base/cancellation.h"
#include "headlens/hub/url.h"

namespace headlens {
namespace {

constexpr std::size_t kMostHeaders = 1000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

struct Exchange {
  const HttpRequest* request = nullptr;
  CURL* curl = nullptr;
  HttpResponse response;
  std::exception_ptr thrown;
};

std::size_t receive_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size);
  auto& headers = exchange.response.headers;
  if (line.starts_with("HTTP/")) headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  if (headers.size() >= kMostHeaders) return 0;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  headers.emplace(std::move(name), trimmed(line.substr(colon + 1)));
  return size;
}

std::size_t receive_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  try {
    curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, &exchange.response.status);
    if (exchange.request->on_body) {
      exchange.request->on_body(exchange.response, std::as_bytes(std::span(data, size)));
    }
    return size;
  } catch (...) {
    exchange.thrown = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

int stop_if_cancelled(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return cancellation_requested() ? 1 : 0;
}

void set_options(CURL* curl, Exchange& exchange, curl_slist* headers) {
  const HttpRequest& request = *exchange.request;
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOBODY, request.head_only ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "headlens");
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_if_cancelled);
}

bool was_connected(CURL* curl) {
  double connect_seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME, &connect_seconds);
  return connect_seconds > 0;
}

[[noreturn]] void throw_transfer_failure(CURL* curl, CURLcode code, const std::string& url,
                                         const char* detail) {
  const std::string message =
      url_origin(url) + ": " + (*detail != '\0' ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      throw TransferError(message, /*never_connected=*/true);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      throw ResourceError(message);
    default:
      throw TransferError(message, /*never_connected=*/!was_connected(curl));
  }
}

/// A broken TLS connection raises SIGPIPE, which libcurl leaves alone under CURLOPT_NOSIGNAL. Here
/// it is held back from this thread, and taken if it came.
class SigpipeHeldBack {
 public:
  SigpipeHeldBack() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &old_mask_);
  }
  ~SigpipeHeldBack() {
    const timespec no_wait{};
    if (!was_pending_) sigtimedwait(&sigpipe_, nullptr, &no_wait);
    pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  }
  SigpipeHeldBack(const SigpipeHeldBack&) = delete;
  SigpipeHeldBack& operator=(const SigpipeHeldBack&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t old_mask_{};
  bool was_pending_ = false;
};

}  // namespace

std::string HttpResponse::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

struct HttpTransfer::Handle {
  CURL* curl = nullptr;
  Handle() {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = global == CURLE_OK ? curl_easy_init() : nullptr;
    if (curl == nullptr) throw ResourceError("libcurl cannot be started");
  }
  ~Handle() { curl_easy_cleanup(curl); }
};

HttpTransfer::HttpTransfer() : handle_(std::make_unique<Handle>()) {}
HttpTransfer::~HttpTransfer() = default;
HttpTransfer::HttpTransfer(HttpTransfer&&) noexcept = default;
HttpTransfer& HttpTransfer::operator=(HttpTransfer&&) noexcept = default;

HttpResponse HttpTransfer::perform(const HttpRequest& request) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr,
                                                                      &curl_slist_free_all);
  for (const std::string& header : request.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  Exchange exchange{&request, curl, {}, nullptr};
  char detail[CURL_ERROR_SIZE] = "";
  set_options(curl, exchange, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  const SigpipeHeldBack held_back;
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  check_cancellation();
  if (code != CURLE_OK) throw_transfer_failure(curl, code, request.url, detail);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange.response.status);
  return std::move(exchange.response);
}

}  // namespace headlens
