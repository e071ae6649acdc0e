#pragma once

#include <string>
#include <string_view>

namespace headlens {

/// RFC 1952, without name or time, so that the same bytes give the same text.
/// @throws ResourceError  if memory runs out
std::string gzip(std::string_view bytes);

/// RFC 4648, with padding and without line breaks.
std::string base64(std::string_view bytes);

/// For text between tags and inside quoted attributes; broken UTF-8 becomes U+FFFD.
std::string html_escaped(std::string_view text);

}  // namespace headlens
