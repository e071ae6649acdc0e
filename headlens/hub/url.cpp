#include "headlens/hub/url.h"

#include <curl/curl.h>

#include <cctype>
#include <memory>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Url parse_url(const std::string& text) {
  Url url(curl_url(), &curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    throw ResourceError("'" + text + "' is no web address");
  }
  return url;
}

std::string url_part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  const unsigned flags = part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

}  // namespace

std::string resolve_url(const std::string& base, const std::string& location) {
  const Url url = parse_url(base);
  const std::string old_scheme = url_part(url, CURLUPART_SCHEME);
  if (curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) {
    throw ResourceError(url_origin(base) + ": redirects to '" + location + "', no web address");
  }
  const std::string scheme = url_part(url, CURLUPART_SCHEME);
  if (scheme != "https" && (scheme != "http" || old_scheme == "https")) {
    throw ResourceError(url_origin(base) + ": redirects to '" + location +
                        "', which is not as safe as https");
  }
  return url_part(url, CURLUPART_URL);
}

std::string url_origin(const std::string& text) {
  const Url url = parse_url(text);
  const std::string scheme = url_part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    throw ResourceError("'" + text + "' is no http or https address");
  }
  return scheme + "://" + url_part(url, CURLUPART_HOST) + ":" + url_part(url, CURLUPART_PORT);
}

std::string url_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved = "-._~";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 128 && std::isalnum(byte) != 0) ||
                       kUnreserved.find(c) != std::string_view::npos ||
                       keep.find(c) != std::string_view::npos;
    if (plain) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

}  // namespace headlens
