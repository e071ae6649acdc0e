#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headlens {

/// Text from a file made fit for a one-line message: shortened to `longest` bytes, control and
/// non-ASCII bytes as \xNN, "" if empty. Ordinary names come out unchanged.
std::string printable(std::string_view text, std::size_t longest = 80);

/// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace headlens
