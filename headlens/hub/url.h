#pragma once

#include <string>
#include <string_view>

namespace headlens {

/// `location` as seen from `base`: a redirect's target as a whole address.
/// @throws ResourceError  if it is no http or https address, or leaves https for http
std::string resolve_url(const std::string& base, const std::string& location);

/// "scheme://host:port" of an address, the port always given.
/// @throws ResourceError  if it is no http or https address
std::string url_origin(const std::string& url);

/// Percent-encodes everything but letters, digits, "-._~" and the characters in `keep`.
std::string url_encode(std::string_view text, std::string_view keep);

}  // namespace headlens
